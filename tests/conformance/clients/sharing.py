"""Sharing domains by RAM, and what Organizations has to say about it."""

from __future__ import annotations

import uuid
from typing import Any

from botocore.exceptions import ClientError

from clients.domain import DomainTest
from clients.support import CENTRAL, MANAGEMENT, STRANGER, ConformanceTest, client, session, unique, until

EXTENDED = "arn:aws:ram::aws:permission/AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess"
DEFAULT = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain"


def organization() -> Any:
    """The client of the management account's Organizations. There is one organization; whoever is first makes it."""
    organizations = client(session(MANAGEMENT), "organizations")
    try:
        organizations.describe_organization()
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        organizations.create_organization(FeatureSet="ALL")
    return organizations


def created(organizations: Any, **tags: str) -> dict[str, Any]:
    """The final state of a request for a new account."""
    name = unique("account")
    request = organizations.create_account(
        AccountName=name,
        Email=f"{name}@example.com",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["CreateAccountStatus"]
    return until(
        lambda: organizations.describe_create_account_status(CreateAccountRequestId=request["Id"])[
            "CreateAccountStatus"
        ],
        lambda status: status["State"] != "IN_PROGRESS",
    )


def everything(pager: Any, member: str, **rest: Any) -> list[dict[str, Any]]:
    """All items of a listing in pages."""
    return [item for page in pager.paginate(**rest) for item in page[member]]


class Organizations(ConformanceTest):
    """Who may do what for the organization, and tags."""

    def setUp(self) -> None:
        """Every test looks at the one organization."""
        super().setUp()
        self.organizations = organization()
        self.account = created(self.organizations, made="here")["AccountId"]

    def test_services_are_trusted_and_delegated(self) -> None:
        service = f"{unique('service')}.amazonaws.com"
        delegation = {"AccountId": self.account, "ServicePrincipal": service}
        with self.refused("ConstraintViolationException"):
            self.organizations.register_delegated_administrator(**delegation)
        self.organizations.enable_aws_service_access(ServicePrincipal=service)
        pager = self.organizations.get_paginator("list_aws_service_access_for_organization")
        trusted = everything(pager, "EnabledServicePrincipals")
        self.assertIn(service, [found["ServicePrincipal"] for found in trusted])
        self.organizations.register_delegated_administrator(**delegation)
        with self.refused("AccountAlreadyRegisteredException"):
            self.organizations.register_delegated_administrator(**delegation)
        delegate = client(session(self.account), "organizations")
        pager = delegate.get_paginator("list_delegated_administrators")
        found = everything(pager, "DelegatedAdministrators", ServicePrincipal=service)
        self.assertEqual([self.account], [administrator["Id"] for administrator in found])
        with self.refused("AccessDeniedException"):
            delegate.enable_aws_service_access(ServicePrincipal=service)
        self.organizations.deregister_delegated_administrator(**delegation)
        with self.refused("AccountNotRegisteredException"):
            self.organizations.deregister_delegated_administrator(**delegation)
        with self.refused("AccessDeniedException"):
            delegate.list_delegated_administrators()

    def test_tags(self) -> None:
        pager = self.organizations.get_paginator("list_tags_for_resource")
        self.organizations.tag_resource(ResourceId=self.account, Tags=[{"Key": "lob", "Value": "risk"}])
        tags = everything(pager, "Tags", ResourceId=self.account)
        self.assertEqual({"lob": "risk", "made": "here"}, {tag["Key"]: tag["Value"] for tag in tags})
        self.organizations.untag_resource(ResourceId=self.account, TagKeys=["lob", "made"])
        self.assertEqual([], everything(pager, "Tags", ResourceId=self.account))
        with self.refused("TargetNotFoundException"):
            self.organizations.tag_resource(ResourceId="999999999999", Tags=[])

    def test_requests_for_accounts_are_listed(self) -> None:
        email = self.organizations.describe_account(AccountId=self.account)["Account"]["Email"]
        twice = self.organizations.create_account(AccountName=unique("twice"), Email=email)["CreateAccountStatus"]
        pager = self.organizations.get_paginator("list_create_account_status")

        def failed() -> list[dict[str, Any]]:
            found = everything(pager, "CreateAccountStatuses", States=["FAILED"], PaginationConfig={"PageSize": 1})
            return [request for request in found if request["Id"] == twice["Id"]]

        found = until(failed, bool)
        self.assertEqual("EMAIL_ALREADY_EXISTS", found[0]["FailureReason"])
        succeeded = everything(pager, "CreateAccountStatuses", States=["SUCCEEDED"])
        self.assertIn(self.account, [request["AccountId"] for request in succeeded])


class Shares(DomainTest):
    """A domain of an account outside any organization, so that others have to be asked; and shares in general."""

    def setUp(self) -> None:
        """The owner's and the receiver's RAM."""
        super().setUp()
        self.arn = self.domain["arn"]
        self.owner, self.receiver = client(session(CENTRAL), "ram"), client(session(STRANGER), "ram")

    def share(self, **rest: Any) -> str:
        """Makes a share, waits until it is there, and gives its ARN."""
        made = self.owner.create_resource_share(name=unique("DataZone"), **rest)["resourceShare"]
        arn = made["resourceShareArn"]

        def found() -> dict[str, Any]:
            return self.owner.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"][0]

        self.assertEqual("ACTIVE", until(found, lambda share: share["status"] != "PENDING")["status"])
        return arn

    def settled(self, share: str, kind: str, entity: str) -> str:
        """What an association comes to."""
        pager = self.owner.get_paginator("get_resource_share_associations")

        def status() -> str:
            found = everything(pager, "resourceShareAssociations", associationType=kind, resourceShareArns=[share])
            return next(known["status"] for known in found if known["associatedEntity"] == entity)

        return until(status, lambda found: not found.endswith("ING"))

    def test_an_invited_account_gets_the_domain(self) -> None:
        token = str(uuid.uuid4())
        wanted = {"principals": [STRANGER], "permissionArns": [EXTENDED], "clientToken": token}
        name = unique("DataZone")
        made = self.owner.create_resource_share(name=name, resourceArns=[self.arn], **wanted)
        again = self.owner.create_resource_share(name=name, resourceArns=[self.arn], **wanted)
        share = made["resourceShare"]["resourceShareArn"]
        self.assertEqual((share, token), (again["resourceShare"]["resourceShareArn"], again["clientToken"]))
        with self.refused("IdempotentParameterMismatchException", status=400):
            self.owner.create_resource_share(name="other", **wanted)
        self.assertEqual("ASSOCIATED", self.settled(share, "RESOURCE", self.arn))
        pager = self.receiver.get_paginator("get_resource_share_invitations")
        invitations = everything(pager, "resourceShareInvitations", resourceShareArns=[share])
        self.assertEqual([("PENDING", CENTRAL)], [(one["status"], one["senderAccountId"]) for one in invitations])
        invitation = {"resourceShareInvitationArn": invitations[0]["resourceShareInvitationArn"]}
        accepted = self.receiver.accept_resource_share_invitation(**invitation)
        self.assertEqual("ACCEPTED", accepted["resourceShareInvitation"]["status"])
        with self.refused("ResourceShareInvitationAlreadyAcceptedException", status=400):
            self.receiver.accept_resource_share_invitation(**invitation)
        self.assertEqual("ASSOCIATED", self.settled(share, "PRINCIPAL", STRANGER))
        self.both_sides_see(share)
        datazone = client(session(STRANGER), "datazone")

        def name_there() -> str:
            try:
                return datazone.get_domain(identifier=self.id)["name"]
            except datazone.exceptions.AccessDeniedException:
                return ""

        self.assertEqual(self.domain["name"], until(name_there, bool))
        self.owner.disassociate_resource_share(resourceShareArn=share, principals=[STRANGER])
        self.assertEqual("DISASSOCIATED", self.settled(share, "PRINCIPAL", STRANGER))
        self.assertEqual("", name_there())

    def both_sides_see(self, share: str) -> None:
        """Shares, principals and resources are listed for the owner and for the receiver."""
        theirs = {"resourceOwner": "OTHER-ACCOUNTS", "resourceShareArns": [share]}
        ours = {**theirs, "resourceOwner": "SELF"}
        shares = everything(self.receiver.get_paginator("get_resource_shares"), "resourceShares", **theirs)
        self.assertEqual([CENTRAL], [found["owningAccountId"] for found in shares])
        for who, query, principal in ((self.owner, ours, STRANGER), (self.receiver, theirs, CENTRAL)):
            principals = everything(who.get_paginator("list_principals"), "principals", **query)
            self.assertEqual([(principal, True)], [(found["id"], found["external"]) for found in principals])
            resources = everything(who.get_paginator("list_resources"), "resources", **query)
            self.assertEqual([(self.arn, "datazone:Domain")], [(found["arn"], found["type"]) for found in resources])

    def test_a_rejected_invitation_leads_nowhere(self) -> None:
        share = self.share(principals=[STRANGER])
        found = self.receiver.get_resource_share_invitations(resourceShareArns=[share])["resourceShareInvitations"]
        invitation = {"resourceShareInvitationArn": found[0]["resourceShareInvitationArn"]}
        self.receiver.reject_resource_share_invitation(**invitation)
        with self.refused("ResourceShareInvitationAlreadyRejectedException"):
            self.receiver.accept_resource_share_invitation(**invitation)
        self.assertEqual("DISASSOCIATED", self.settled(share, "PRINCIPAL", STRANGER))
        with self.refused("OperationNotPermittedException"):
            self.owner.create_resource_share(name="x", principals=[STRANGER], allowExternalPrincipals=False)

    def test_of_two_shares_at_the_same_time_one_fails(self) -> None:
        # At the same time is a matter of some tenths of a second here, so that it may take more than one attempt.
        for _ in range(20):
            first, second = (
                self.owner.create_resource_share(name=unique("DataZone"), resourceArns=[self.arn])["resourceShare"]
                for _ in range(2)
            )
            self.assertEqual("ASSOCIATED", self.settled(first["resourceShareArn"], "RESOURCE", self.arn))
            share = second["resourceShareArn"]
            if self.settled(share, "RESOURCE", self.arn) == "FAILED":
                break
        else:
            self.fail("none of them has failed")
        self.owner.associate_resource_share(resourceShareArn=share, resourceArns=[self.arn])
        self.assertEqual("ASSOCIATED", self.settled(share, "RESOURCE", self.arn))

    def test_tags_permissions_and_the_end(self) -> None:
        share = self.share(tags=[{"key": "lob", "value": "risk"}])
        self.owner.tag_resource(resourceShareArn=share, tags=[{"key": "mark", "value": share}])
        self.owner.untag_resource(resourceShareArn=share, tagKeys=["lob"])
        pager = self.owner.get_paginator("get_resource_shares")
        by_tag = [{"tagKey": "mark", "tagValues": [share]}]
        found = everything(
            pager, "resourceShares", resourceOwner="SELF", tagFilters=by_tag, PaginationConfig={"PageSize": 1}
        )
        self.assertEqual([[{"key": "mark", "value": share}]], [one["tags"] for one in found])
        known = self.owner.list_permissions(resourceType="datazone:Domain")["permissions"]
        self.assertLessEqual({DEFAULT, EXTENDED}, {permission["arn"] for permission in known})
        self.owner.associate_resource_share_permission(resourceShareArn=share, permissionArn=DEFAULT)
        with self.refused("InvalidParameterException"):
            self.owner.associate_resource_share_permission(resourceShareArn=share, permissionArn=EXTENDED)
        self.owner.associate_resource_share_permission(resourceShareArn=share, permissionArn=EXTENDED, replace=True)
        permissions = self.owner.list_resource_share_permissions(resourceShareArn=share)["permissions"]
        self.assertEqual([EXTENDED], [permission["arn"] for permission in permissions])
        self.assertTrue(self.owner.delete_resource_share(resourceShareArn=share)["returnValue"])
        with self.refused("InvalidStateTransitionException"):
            self.owner.associate_resource_share(resourceShareArn=share, resourceArns=[self.arn])
        gone = until(
            lambda: self.owner.get_resource_shares(
                resourceOwner="SELF", resourceShareArns=[share], resourceShareStatus="DELETED"
            )["resourceShares"],
            bool,
        )
        self.assertEqual([share], [one["resourceShareArn"] for one in gone])
        with self.refused("UnknownResourceException"):
            self.receiver.delete_resource_share(resourceShareArn=share)


class Sharing(ConformanceTest):
    """Sharing within the organization, which its management account turns on."""

    def test_members_are_not_asked(self) -> None:
        organizations = organization()
        account = created(organizations)["AccountId"]
        owner = client(session(MANAGEMENT), "ram")
        self.assertTrue(owner.enable_sharing_with_aws_organization()["returnValue"])
        trusted = everything(
            organizations.get_paginator("list_aws_service_access_for_organization"), "EnabledServicePrincipals"
        )
        self.assertIn("ram.amazonaws.com", [found["ServicePrincipal"] for found in trusted])
        role = client(session(MANAGEMENT), "iam").get_role(RoleName="AWSServiceRoleForResourceAccessManager")
        self.assertEqual("/aws-service-role/ram.amazonaws.com/", role["Role"]["Path"])
        whole = organizations.describe_organization()["Organization"]["Arn"]
        made = owner.create_resource_share(
            name=unique("DataZone"), principals=[account, whole], allowExternalPrincipals=False
        )
        query = {"associationType": "PRINCIPAL", "resourceShareArns": [made["resourceShare"]["resourceShareArn"]]}
        found = until(
            lambda: owner.get_resource_share_associations(**query)["resourceShareAssociations"],
            lambda found: all(known["status"] != "ASSOCIATING" for known in found),
        )
        self.assertEqual({account, whole}, {known["associatedEntity"] for known in found})
        self.assertEqual({("ASSOCIATED", False)}, {(known["status"], known["external"]) for known in found})
        member = client(session(account), "ram")
        self.assertEqual([], member.get_resource_share_invitations()["resourceShareInvitations"])
        with self.refused("OperationNotPermittedException"):
            member.enable_sharing_with_aws_organization()
        with self.assertRaises(ClientError):
            client(session(STRANGER), "ram").enable_sharing_with_aws_organization()
