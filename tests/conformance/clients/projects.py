"""DataZone's projects, and what they are made of: blueprints, project profiles, account pools."""

from __future__ import annotations

import json
from typing import Any

from clients.domain import EVERYBODY, DomainTest
from clients.support import CENTRAL, REGION, client, eventually, session, unique, until

LAMBDA = f"arn:aws:lambda:{REGION}:{CENTRAL}:function:accounts"
NETWORK = {"VpcId": "vpc-1", "Subnets": "subnet-1,subnet-2,subnet-3", "S3Location": "s3://bucket"}


def trusting_role(name: str) -> str:
    """Makes a role that DataZone may take for domains of this account, and gives its ARN."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "datazone.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": CENTRAL}},
            }
        ],
    }
    iam = client(session(CENTRAL), "iam")
    return iam.create_role(RoleName=unique(name), AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]


class ProjectTest(DomainTest):
    """A test with a domain, and short names for what is asked of it."""

    def setUp(self) -> None:
        """Finds the blueprint that every project needs."""
        super().setUp()
        self.within = {"domainIdentifier": self.id}
        self.tooling = self.blueprint("Tooling")

    def blueprint(self, name: str) -> str:
        """The id of a managed blueprint."""
        pages = self.datazone.get_paginator("list_environment_blueprints").paginate(
            **self.within, managed=True, name=name, PaginationConfig={"PageSize": 10}
        )
        (found,) = [item["id"] for page in pages for item in page["items"] if item["name"] == name]
        return found

    def enable(self, blueprint: str, **settings: Any) -> dict[str, Any]:
        """Configures a blueprint in this account, and lets projects everywhere use it."""
        made = self.datazone.put_environment_blueprint_configuration(
            **self.within,
            environmentBlueprintIdentifier=blueprint,
            enabledRegions=[REGION],
            regionalParameters={REGION: NETWORK},
            **settings,
        )
        everywhere = {"domainUnit": self.root, "includeChildDomainUnits": True}
        self.datazone.add_policy_grant(
            **self.within,
            entityType="ENVIRONMENT_BLUEPRINT_CONFIGURATION",
            entityIdentifier=f"{CENTRAL}:{blueprint}",
            policyType="CREATE_ENVIRONMENT_FROM_BLUEPRINT",
            detail={"createEnvironmentFromBlueprint": {}},
            principal={
                "project": {
                    "projectDesignation": "CONTRIBUTOR",
                    "projectGrantFilter": {"domainUnitFilter": everywhere},
                }
            },
        )
        return made

    def configuration(self, name: str = "Tools", **rest: Any) -> dict[str, Any]:
        """An environment configuration of `Tooling` in this account."""
        return {
            "name": name,
            "environmentBlueprintId": self.tooling,
            "deploymentMode": "ON_CREATE",
            "deploymentOrder": 0,
            "awsAccount": {"awsAccountId": CENTRAL},
            "awsRegion": {"regionName": REGION},
            **rest,
        }

    def profile(self, *configurations: dict[str, Any], **rest: Any) -> dict[str, Any]:
        """Makes an enabled project profile."""
        made = self.datazone.create_project_profile(
            **self.within,
            name=unique("profile"),
            status="ENABLED",
            environmentConfigurations=list(configurations),
            **rest,
        )
        return {"identifier": made["id"], **self.within}


class Blueprints(ProjectTest):
    """Blueprints, and their configuration in an account."""

    def test_blueprints_tell_what_they_take(self) -> None:
        self.assertEqual([], self.datazone.list_environment_blueprints(**self.within, managed=False)["items"])
        tooling = self.datazone.get_environment_blueprint(**self.within, identifier=self.tooling)
        self.assertEqual("TOOLING", tooling["blueprintCategory"])
        defaults = {each["keyName"]: each.get("defaultValue") for each in tooling["userParameters"]}
        self.assertEqual("100", defaults["maxEbsVolumeSize"])
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_environment_blueprint(**self.within, identifier="nothing")

    def test_an_account_enables_a_blueprint_and_disables_it(self) -> None:
        named = {**self.within, "environmentBlueprintIdentifier": self.tooling}
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_environment_blueprint_configuration(**named)
        made = self.enable(
            self.tooling,
            provisioningRoleArn=trusting_role("provisioning"),
            manageAccessRoleArn=trusting_role("access"),
            globalParameters={"sagemakerQueryExecutionRoleArn": f"arn:aws:iam::{CENTRAL}:role/query"},
            resourceConfigurations=[{"name": "one", "region": REGION, "parameters": {"a": "b"}}],
            allowUserProvidedConfigurations=True,
            provisioningConfigurations=[
                {"lakeFormationConfiguration": {"locationRegistrationExcludeS3Locations": ["s3://a"]}}
            ],
        )
        found = self.datazone.get_environment_blueprint_configuration(**named)
        without_metadata = [{k: v for k, v in each.items() if k != "ResponseMetadata"} for each in (made, found)]
        self.assertEqual(*without_metadata)
        self.assertNotIn("globalParameters", found)
        pages = self.datazone.get_paginator("list_environment_blueprint_configurations").paginate(**self.within)
        self.assertEqual([self.tooling], [item["environmentBlueprintId"] for page in pages for item in page["items"]])
        with self.refused("ValidationException", status=400, says="needs to enable atleast one region"):
            self.datazone.put_environment_blueprint_configuration(**named, enabledRegions=[])
        self.datazone.delete_environment_blueprint_configuration(**named)
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_environment_blueprint_configuration(**named)


class ProfilesAndPools(ProjectTest):
    """Project profiles and account pools."""

    def test_profiles_change_and_go(self) -> None:
        overrides = [{"name": "maxEbsVolumeSize", "value": "50", "isEditable": False}]
        tools = self.configuration(configurationParameters={"parameterOverrides": overrides})
        lake = self.configuration("Lake", environmentBlueprintId=self.blueprint("DataLake"), deploymentOrder=1)
        tags = [{"key": "team", "value": "risk", "isValueEditable": True}]
        named = self.profile(lake, tools, projectResourceTags=tags, allowCustomProjectResourceTags=False)
        found = self.datazone.get_project_profile(**named)
        configurations = found["environmentConfigurations"]
        self.assertEqual(["Tools", "Lake"], [each["name"] for each in configurations])
        self.assertEqual(overrides, configurations[0]["configurationParameters"]["parameterOverrides"])
        self.assertEqual((tags, self.root), (found["projectResourceTags"], found["domainUnitId"]))
        unit = self.unit("Risk")["id"]
        changed = self.datazone.update_project_profile(
            **named, description="models", domainUnitIdentifier=unit, environmentConfigurations=configurations[:1]
        )
        self.assertEqual(configurations[:1], changed["environmentConfigurations"])
        pages = self.datazone.get_paginator("list_project_profiles").paginate(**self.within, sortBy="NAME")
        listed = [item for page in pages for item in page["items"]]
        self.assertEqual([("models", unit)], [(item["description"], item["domainUnitId"]) for item in listed])
        with self.refused("ConflictException", status=409):
            self.datazone.create_project_profile(**self.within, name=found["name"])
        with self.refused("ConflictException", status=409):
            self.datazone.delete_domain_unit(**self.within, identifier=unit)
        with self.refused("ValidationException", status=400, says="no parameter enableMagic"):
            magic = {"parameterOverrides": [{"name": "enableMagic", "value": "true"}]}
            self.profile(self.configuration(configurationParameters=magic))
        self.datazone.delete_project_profile(**named)
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_project_profile(**named)

    def test_pools_change_and_go(self) -> None:
        accounts = [{"awsAccountId": CENTRAL, "supportedRegions": [REGION], "awsAccountName": "central"}]
        made = self.datazone.create_account_pool(
            **self.within, name="dev", resolutionStrategy="MANUAL", accountSource={"accounts": accounts}
        )
        named = {**self.within, "identifier": made["id"]}
        self.assertEqual(accounts, self.datazone.list_accounts_in_account_pool(**named)["items"])
        changed = self.datazone.update_account_pool(
            **named, description="asks", accountSource={"customAccountPoolHandler": {"lambdaFunctionArn": LAMBDA}}
        )
        found = self.datazone.get_account_pool(**named)
        self.assertEqual(("asks", changed["accountSource"]), (found["description"], found["accountSource"]))
        with self.refused("ValidationException", status=400, says="Lambda"):
            self.datazone.list_accounts_in_account_pool(**named)
        pages = self.datazone.get_paginator("list_account_pools").paginate(**self.within, name="dev")
        self.assertEqual([made["id"]], [item["id"] for page in pages for item in page["items"]])
        self.datazone.delete_account_pool(**named)
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_account_pool(**named)


class Projects(ProjectTest):
    """Projects."""

    def settled(self, project: str) -> dict[str, Any]:
        """The deployment of a project, once nothing more happens to it."""
        moving = ("PENDING_DEPLOYMENT", "IN_PROGRESS")
        return until(
            lambda: self.datazone.get_project(**self.within, identifier=project)["environmentDeploymentDetails"],
            lambda details: details["overallDeploymentStatus"] not in moving,
        )

    def deployed(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Makes a project and waits for its environments, with patience for roles that are new."""

        def attempt() -> tuple[dict[str, Any], dict[str, Any]]:
            made = self.datazone.create_project(**self.within, **settings)
            details = self.settled(made["id"])
            if details["overallDeploymentStatus"] == "FAILED_VALIDATION":
                self.datazone.delete_project(**self.within, identifier=made["id"])
            return made, details

        made, details = until(attempt, lambda answer: answer[1]["overallDeploymentStatus"] != "FAILED_VALIDATION")
        self.assertEqual({"overallDeploymentStatus": "SUCCESSFUL"}, details)
        return made

    def test_a_project_is_made_from_a_profile(self) -> None:
        roles = {"provisioningRoleArn": trusting_role("p"), "manageAccessRoleArn": trusting_role("m")}
        self.enable(self.tooling, **roles)
        pool = self.datazone.create_account_pool(
            **self.within,
            name="dev",
            resolutionStrategy="MANUAL",
            accountSource={"accounts": [{"awsAccountId": CENTRAL, "supportedRegions": [REGION]}]},
        )
        pooled = self.configuration(accountPools=[pool["id"]])
        del pooled["awsAccount"], pooled["awsRegion"]
        profile = self.profile(pooled, allowCustomProjectResourceTags=True)
        resolved = {"awsAccountId": CENTRAL, "regionName": REGION, "sourceAccountPoolId": pool["id"]}
        parameters = [
            {
                "environmentConfigurationName": "Tools",
                "environmentResolvedAccount": resolved,
                "environmentParameters": [{"name": "gitBranchName", "value": "main"}],
            }
        ]
        me = {"userIdentifier": f"arn:aws:iam::{CENTRAL}:root"}
        settings = {
            "name": "churn",
            "description": "models",
            "projectProfileId": profile["identifier"],
            "userParameters": parameters,
            "resourceTags": {"team": "risk"},
            "membershipAssignments": [{"member": me, "designation": "PROJECT_OWNER"}],
        }
        made = self.deployed(settings)
        project = {**self.within, "projectIdentifier": made["id"]}
        self.assertEqual([{"key": "team", "value": "risk", "source": "PROJECT"}], made["resourceTags"])
        with self.refused("ConflictException", status=409, says=f"Conflict with project {made['id']}"):
            self.datazone.create_project(**self.within, name="churn")
        pages = self.datazone.get_paginator("list_projects").paginate(**self.within, name="chu", **me)
        self.assertEqual([made["id"]], [item["id"] for page in pages for item in page["items"]])
        pages = self.datazone.get_paginator("list_environments").paginate(**project, status="ACTIVE")
        (environment,) = [item for page in pages for item in page["items"]]
        found = self.datazone.get_environment(**self.within, identifier=environment["id"])
        self.assertEqual((self.tooling, CENTRAL), (found["environmentBlueprintId"], found["awsAccountId"]))
        self.assertTrue(found["lastDeployment"]["isDeploymentComplete"])
        with self.refused("ValidationException", status=400, says="projects use it"):
            self.datazone.delete_project_profile(**profile)
        self.datazone.delete_project(**self.within, identifier=made["id"], skipDeletionCheck=True)
        self.assertEqual(
            [], until(lambda: self.datazone.list_projects(**self.within)["items"], lambda found: not found)
        )
        self.datazone.delete_project_profile(**profile)

    def test_environments_and_connections_come_and_go(self) -> None:
        roles = {"provisioningRoleArn": trusting_role("p"), "manageAccessRoleArn": trusting_role("m")}
        experiments = self.blueprint("MLExperiments")
        for blueprint in (self.tooling, experiments):
            self.enable(blueprint, **roles)
        server = self.configuration("Experiments", environmentBlueprintId=experiments, deploymentMode="ON_DEMAND")
        del server["deploymentOrder"]
        profile = self.profile(self.configuration(), server)
        made = self.deployed({"name": "churn", "projectProfileId": profile["identifier"]})
        project = {**self.within, "projectIdentifier": made["id"]}
        (tools,) = self.datazone.list_environments(**project)["items"]
        found = self.datazone.get_environment(**self.within, identifier=tools["id"])
        resources = {each["name"]: each["value"] for each in found["provisionedResources"]}
        role = client(session(CENTRAL), "iam").get_role(RoleName=resources["userRoleArn"].split("/")[-1])["Role"]
        self.assertIn({"Key": "AmazonDataZoneProject", "Value": made["id"]}, role["Tags"])
        with self.refused("ValidationException", status=400, says="Only ON_DEMAND"):
            self.datazone.create_environment(**project, name="more", environmentConfigurationName="Tools")
        added = self.datazone.create_environment(**project, name="more", environmentConfigurationName="Experiments")
        named = {**self.within, "identifier": added["id"]}
        active = until(lambda: self.datazone.get_environment(**named), lambda it: it["status"] != "CREATING")
        self.assertEqual(("ACTIVE", True), (active["status"], active["lastDeployment"]["isDeploymentComplete"]))

        connection = client(session(CENTRAL), "codeconnections").create_connection(
            ConnectionName="acme",
            ProviderType="GitHub",
            Tags=[
                {"Key": "aiops-sandbox:handshake", "Value": "done"},
                {"Key": "for-use-with-all-datazone-projects", "Value": "true"},
            ],
        )
        git = {
            "codeConnectionArn": connection["ConnectionArn"],
            "repositoryId": "acme/churn",
            "defaultBranch": "main",
        }
        bound = self.datazone.create_connection(
            **self.within, name="code", environmentIdentifier=tools["id"], props={"gitProperties": git}
        )
        named = {**self.within, "identifier": bound["connectionId"]}

        def state() -> str:
            return self.datazone.get_connection(**named)["props"]["gitProperties"]["status"]

        self.assertEqual("READY", until(state, lambda status: status != "CREATING"))
        self.datazone.update_connection(**named, props={"gitProperties": {"defaultBranch": "trunk"}})
        self.assertEqual("READY", until(state, lambda status: status != "UPDATING"))
        pages = self.datazone.get_paginator("list_connections").paginate(**project, sortBy="NAME")
        types = {each["name"]: each["type"] for page in pages for each in page["items"]}
        expected = {"code": "GIT", "default.iam": "IAM", "project.mlflow": "MLFLOW"}
        self.assertEqual(expected, {name: types[name] for name in expected})
        self.assertEqual("DELETING", self.datazone.delete_connection(**named)["status"])
        self.datazone.delete_environment(**self.within, identifier=added["id"])
        until(lambda: self.datazone.list_environments(**project)["items"], lambda items: len(items) == 1)
        changed = self.datazone.update_project(
            **self.within, identifier=made["id"], description="models", projectProfileVersion="latest"
        )
        self.assertEqual(("UPDATING", "models"), (changed["projectStatus"], changed["description"]))
        self.assertEqual({"overallDeploymentStatus": "SUCCESSFUL"}, self.settled(made["id"]))

    def test_what_is_missing_shows_as_failed_validation(self) -> None:
        profile = self.profile(self.configuration())
        made = self.datazone.create_project(**self.within, name="churn", projectProfileId=profile["identifier"])
        details = self.settled(made["id"])
        self.assertEqual("FAILED_VALIDATION", details["overallDeploymentStatus"])
        (reason,) = details["environmentFailureReasons"]["Tools"]
        self.assertIn("not enabled in account", reason["message"])

    def test_members_come_and_go(self) -> None:
        made = self.datazone.create_project(**self.within, name="churn")
        project = {**self.within, "projectIdentifier": made["id"]}
        role = trusting_role("member")
        group = eventually(
            lambda: self.datazone.create_group_profile(**self.within, groupIdentifier=role),
            passing=("ResourceNotFoundException",),
        )
        member = {"groupIdentifier": role}
        self.datazone.create_project_membership(**project, member=member, designation="PROJECT_CONTRIBUTOR")
        with self.refused("ValidationException", status=400, says="already in the project"):
            self.datazone.create_project_membership(**project, member=member, designation="PROJECT_OWNER")
        pages = self.datazone.get_paginator("list_project_memberships").paginate(**project)
        members = [each for page in pages for each in page["members"]]
        expected = {"memberDetails": {"group": {"groupId": group["id"]}}, "designation": "PROJECT_CONTRIBUTOR"}
        self.assertIn(expected, members)
        self.assertEqual(2, len(members))
        self.datazone.delete_project_membership(**project, member=member)
        self.assertEqual(1, len(self.datazone.list_project_memberships(**project)["members"]))

    def test_nobody_makes_a_project_without_a_grant_for_its_profile(self) -> None:
        profile = self.profile()
        target = self.target(self.root, "CREATE_PROJECT_FROM_PROJECT_PROFILE")
        listed = {"projectProfiles": [profile["identifier"]], "includeChildDomainUnits": True}
        self.datazone.add_policy_grant(
            **target, principal=EVERYBODY, detail={"createProjectFromProjectProfile": listed}
        )
        made = self.datazone.create_project(**self.within, name="churn", projectProfileId=profile["identifier"])
        self.assertNotIn("environmentDeploymentDetails", made)
        self.datazone.update_project_profile(**profile, status="DISABLED")
        with self.refused("ValidationException", status=400, says="disabled"):
            self.datazone.create_project(**self.within, name="other", projectProfileId=profile["identifier"])
        self.datazone.delete_project(**self.within, identifier=made["id"])
        with self.refused("ResourceNotFoundException", status=404):
            self.datazone.get_project(**self.within, identifier=made["id"])
