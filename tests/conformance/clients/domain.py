"""DataZone's domains, with everything in them: units, owners, profiles, grants. And the directory that they lean on."""

from __future__ import annotations

import json
from typing import Any

from clients.support import CENTRAL, REGION, TENANT, ConformanceTest, allow, assume, client, session, unique, until

EVERYBODY = {"user": {"allUsersGrantFilter": {}}}


def service_role(iam: Any, *actions: str) -> str:
    """Makes a role that DataZone may take for domains of this account, and gives its ARN."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "datazone.amazonaws.com"},
                "Action": ["sts:AssumeRole", *actions],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": CENTRAL},
                    "ForAllValues:StringLike": {"aws:TagKeys": ["datazone*"]},
                },
            }
        ],
    }
    made = iam.create_role(
        RoleName=unique("domain"), Path="/service-role/", AssumeRolePolicyDocument=json.dumps(document)
    )
    return made["Role"]["Arn"]


class DomainTest(ConformanceTest):
    """A test with a domain of its own."""

    domain: dict[str, Any]

    def setUp(self) -> None:
        """Makes the domain and waits until it is there."""
        super().setUp()
        owner = session(CENTRAL)
        self.datazone = client(owner, "datazone")
        iam = client(owner, "iam")
        settings = {
            "name": unique("domain"),
            "domainVersion": "V2",
            "domainExecutionRole": service_role(iam, "sts:TagSession", "sts:SetContext"),
            "serviceRole": service_role(iam),
            "tags": {"managed-by": "conformance"},
        }
        made = self.eventually_made(settings)
        self.domain = until(
            lambda: self.datazone.get_domain(identifier=made["id"]), lambda found: found["status"] != "CREATING"
        )
        self.assertEqual("AVAILABLE", self.domain["status"])
        self.assertEqual(settings, {key: self.domain[key] for key in settings})
        self.id, self.root = self.domain["id"], self.domain["rootDomainUnitId"]

    def eventually_made(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Creates a domain, with patience for roles that are new."""

        def attempt() -> dict[str, Any]:
            try:
                return self.datazone.create_domain(**settings)
            except self.datazone.exceptions.ValidationException as error:
                return {"error": str(error)}

        made = until(attempt, lambda answer: "Unable to assume role" not in answer.get("error", ""))
        self.assertEqual("CREATING", made.get("status"), made)
        return made

    def unit(self, name: str, parent: str | None = None) -> dict[str, Any]:
        """Makes a domain unit."""
        return self.datazone.create_domain_unit(
            domainIdentifier=self.id, name=name, parentDomainUnitIdentifier=parent or self.root
        )

    def target(self, unit: str, policy: str) -> dict[str, Any]:
        """What operations on policy grants name."""
        return {
            "domainIdentifier": self.id,
            "entityType": "DOMAIN_UNIT",
            "entityIdentifier": unit,
            "policyType": policy,
        }


class Domains(DomainTest):
    """Domains themselves."""

    def test_a_domain_changes_and_goes(self) -> None:
        pages = self.datazone.get_paginator("list_domains").paginate(status="AVAILABLE")
        mine = [item for page in pages for item in page["items"] if item["id"] == self.id]
        self.assertEqual([CENTRAL], [item["managedAccountId"] for item in mine])
        changed = self.datazone.update_domain(identifier=self.id, description="changed")
        self.assertEqual("changed", changed["description"])
        arn = self.domain["arn"]
        self.datazone.tag_resource(resourceArn=arn, tags={"one": "1", "two": "2"})
        self.datazone.untag_resource(resourceArn=arn, tagKeys=["two", "managed-by"])
        self.assertEqual({"one": "1"}, self.datazone.list_tags_for_resource(resourceArn=arn)["tags"])
        self.unit("child")
        with self.refused("ConflictException", status=409):
            self.datazone.delete_domain(identifier=self.id)
        deleting = self.datazone.delete_domain(identifier=self.id, cascadeDelete=True)
        self.assertEqual("DELETING", deleting["status"])

        def status() -> str:
            try:
                return self.datazone.get_domain(identifier=self.id)["status"]
            except self.datazone.exceptions.AccessDeniedException:
                return "gone"

        self.assertEqual("gone", until(status, lambda found: found == "gone"))

    def test_strangers_see_nothing(self) -> None:
        stranger = client(session(TENANT), "datazone")
        self.assertEqual([], stranger.list_domains()["items"])
        with self.refused("AccessDeniedException", status=403, says="not permitted to perform operation: GetDomain"):
            stranger.get_domain(identifier=self.id)


class Units(DomainTest):
    """Domain units, their owners and grants."""

    def test_units_form_a_tree(self) -> None:
        risk = self.unit("Risk")
        self.assertEqual([self.root], risk["ancestorDomainUnitIds"])
        with self.refused("ConflictException", status=409):
            self.unit("Risk")
        names = {"domainIdentifier": self.id, "identifier": risk["id"]}
        self.assertEqual("models", self.datazone.update_domain_unit(**names, description="models")["description"])
        self.assertEqual(risk["owners"], self.datazone.get_domain_unit(**names)["owners"])
        listed = self.datazone.get_paginator("list_domain_units_for_parent").paginate(
            domainIdentifier=self.id, parentDomainUnitIdentifier=self.root
        )
        self.assertEqual(["Risk"], [item["name"] for page in listed for item in page["items"]])
        self.datazone.delete_domain_unit(**names)
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_domain_unit(**names)

    def test_a_role_gets_in_by_its_group_profile_and_writes_by_ownership(self) -> None:
        name = unique("automation")
        automation = client(assume(CENTRAL, name, [allow("datazone:*")], CENTRAL), "datazone")
        arn = f"arn:aws:iam::{CENTRAL}:role/{name}"
        unit = {"domainIdentifier": self.id, "name": "Mine", "parentDomainUnitIdentifier": self.root}
        with self.refused("AccessDeniedException", status=403, says="operation: CreateDomainUnit"):
            automation.create_domain_unit(**unit)
        group = automation.create_group_profile(domainIdentifier=self.id, rolePrincipalArn=arn)
        with self.refused("AccessDeniedException", status=403):
            automation.create_domain_unit(**unit)
        entity = {"domainIdentifier": self.id, "entityType": "DOMAIN_UNIT", "entityIdentifier": self.root}
        owner = {"group": {"groupIdentifier": group["id"]}}
        self.datazone.add_entity_owner(**entity, owner=owner)
        with self.refused("ConflictException", status=409):
            self.datazone.add_entity_owner(**entity, owner=owner)
        automation.create_domain_unit(**unit)
        owners = [
            next(iter(found))
            for page in self.datazone.get_paginator("list_entity_owners").paginate(**entity)
            for found in page["owners"]
        ]
        self.assertEqual(["user", "group"], owners)
        self.datazone.remove_entity_owner(**entity, owner=owner)
        root_user = f"arn:aws:iam::{CENTRAL}:root"
        self.datazone.update_root_domain_unit_owner(
            domainIdentifier=self.id, currentOwner=root_user, newOwner=group["id"]
        )
        with self.refused("AccessDeniedException", status=403):
            self.unit("Too late")

    def test_grants_are_added_listed_and_removed(self) -> None:
        policy = "CREATE_PROJECT_FROM_PROJECT_PROFILE"
        target = self.target(self.root, policy)
        grants = []
        for number in range(20):
            detail = {"createProjectFromProjectProfile": {"projectProfiles": [f"profile-{number}"]}}
            grants.append(self.datazone.add_policy_grant(**target, principal=EVERYBODY, detail=detail)["grantId"])
        with self.refused("ConflictException", status=409):
            self.datazone.add_policy_grant(**target, principal=EVERYBODY, detail=detail)
        with self.refused("ServiceQuotaExceededException", status=402):
            one_more = {"createProjectFromProjectProfile": {"includeChildDomainUnits": True}}
            self.datazone.add_policy_grant(**target, principal=EVERYBODY, detail=one_more)
        with self.refused("ValidationException", status=400):
            self.datazone.add_policy_grant(**target, principal=EVERYBODY, detail={"createProject": {}})
        pages = self.datazone.get_paginator("list_policy_grants").paginate(**target, PaginationConfig={"PageSize": 7})
        listed = [grant for page in pages for grant in page["grantList"]]
        self.assertEqual(sorted(grants), sorted(grant["grantId"] for grant in listed))
        self.assertEqual(EVERYBODY, listed[0]["principal"])
        self.datazone.remove_policy_grant(**target, principal=EVERYBODY, grantIdentifier=grants[0])
        self.datazone.remove_policy_grant(**target, principal=EVERYBODY)
        self.assertEqual([], self.datazone.list_policy_grants(**target)["grantList"])


class Profiles(DomainTest):
    """User and group profiles, of IAM and of IAM Identity Center."""

    def test_profiles_of_iam(self) -> None:
        assume(CENTRAL, name := unique("worker"), [allow("datazone:*")], CENTRAL)
        arn = f"arn:aws:iam::{CENTRAL}:role/{name}"
        names = {"domainIdentifier": self.id, "userIdentifier": arn}
        made = self.datazone.create_user_profile(**names, userType="IAM_ROLE")
        self.assertEqual(("IAM", "ACTIVATED"), (made["type"], made["status"]))
        with self.refused("ValidationException", status=400, says="already exists"):
            self.datazone.create_user_profile(**names, userType="IAM_ROLE")
        self.datazone.update_user_profile(**names, type="IAM", status="DEACTIVATED")
        found = self.datazone.get_user_profile(**names, type="IAM")
        self.assertEqual((made["id"], "DEACTIVATED"), (found["id"], found["status"]))
        pages = self.datazone.get_paginator("search_user_profiles").paginate(
            domainIdentifier=self.id, userType="DATAZONE_IAM_USER", searchText=name[:8]
        )
        self.assertEqual([made["id"]], [item["id"] for page in pages for item in page["items"]])
        group = self.datazone.create_group_profile(domainIdentifier=self.id, groupIdentifier=arn)
        self.assertEqual(arn, group["rolePrincipalArn"])
        names = {"domainIdentifier": self.id, "groupIdentifier": group["id"]}
        self.datazone.update_group_profile(**names, status="NOT_ASSIGNED")
        self.assertEqual("NOT_ASSIGNED", self.datazone.get_group_profile(**names)["status"])
        pages = self.datazone.get_paginator("search_group_profiles").paginate(
            domainIdentifier=self.id, groupType="IAM_ROLE_SESSION_GROUP"
        )
        self.assertIn(arn, [item["rolePrincipalArn"] for page in pages for item in page["items"]])

    def test_profiles_of_identity_center(self) -> None:
        owner = session(CENTRAL)
        admin, directory = client(owner, "sso-admin"), client(owner, "identitystore")
        instances = admin.list_instances()["Instances"]
        if not instances:
            admin.create_instance(Name="conformance")
            instances = admin.list_instances()["Instances"]
        with self.refused("ConflictException"):
            admin.create_instance(Name="conformance")
        store = {"IdentityStoreId": instances[0]["IdentityStoreId"]}
        name, group_name = unique("analyst"), unique("analysts")
        user = directory.create_user(
            **store, UserName=name, DisplayName="An Analyst", Name={"GivenName": "An", "FamilyName": "Analyst"}
        )
        group = directory.create_group(**store, DisplayName=group_name)
        by_name = [{"AttributePath": "UserName", "AttributeValue": name}]
        self.assertEqual(
            [user["UserId"]], [found["UserId"] for found in directory.list_users(**store, Filters=by_name)["Users"]]
        )
        groups = [
            found for page in directory.get_paginator("list_groups").paginate(**store) for found in page["Groups"]
        ]
        self.assertIn(group["GroupId"], [found["GroupId"] for found in groups])
        with self.refused("ValidationException", says="single sign-on"):
            self.datazone.create_user_profile(domainIdentifier=self.id, userIdentifier=name)
        sign_on = {"type": "IAM_IDC", "userAssignment": "MANUAL"}
        self.datazone.update_domain(identifier=self.id, singleSignOn=sign_on)
        made = self.datazone.create_user_profile(domainIdentifier=self.id, userIdentifier=name, userType="SSO_USER")
        self.assertEqual((user["UserId"], "ASSIGNED"), (made["id"], made["status"]))
        made = self.datazone.create_group_profile(domainIdentifier=self.id, groupIdentifier=group_name)
        self.assertEqual((group["GroupId"], group_name), (made["id"], made["groupName"]))
        self.assertEqual(REGION, instances[0]["PrimaryRegion"])
