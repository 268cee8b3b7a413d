"""DataZone's catalog, and the tables of AWS Glue that it is fed from."""

from __future__ import annotations

from typing import Any

from clients.projects import ProjectTest, trusting_role
from clients.support import CENTRAL, client, session, unique, until


class Catalog(ProjectTest):
    """From a table to access in another project."""

    def setUp(self) -> None:
        """Enables data lakes, and makes a database with two tables."""
        super().setUp()
        lake = self.blueprint("DataLake")
        self.enable(lake, provisioningRoleArn=trusting_role("p"), manageAccessRoleArn=trusting_role("m"))
        self.lake = self.profile(self.configuration("Lake", environmentBlueprintId=lake))["identifier"]
        self.glue = client(session(CENTRAL), "glue")
        self.database = unique("sales").replace("-", "_").lower()
        self.glue.create_database(DatabaseInput={"Name": self.database})
        for name in ("orders", "tmp_orders"):
            columns = [{"Name": "id", "Type": "bigint", "Comment": "number"}]
            table = {"Name": name, "StorageDescriptor": {"Columns": columns, "Location": "s3://bucket/orders"}}
            self.glue.create_table(DatabaseName=self.database, TableInput=table)

    def project(self, name: str) -> tuple[str, str]:
        """Makes a project with a data lake: its id, and that of the environment."""

        def attempt() -> tuple[str, list[dict[str, Any]]]:
            made = self.datazone.create_project(**self.within, name=unique(name), projectProfileId=self.lake)["id"]
            states = {"SUCCESSFUL", "FAILED_VALIDATION"}
            until(
                lambda: self.datazone.get_project(**self.within, identifier=made)["environmentDeploymentDetails"],
                lambda details: details["overallDeploymentStatus"] in states,
            )
            named = {**self.within, "projectIdentifier": made}
            return made, self.datazone.list_environments(**named, status="ACTIVE")["items"]

        made, (environment,) = until(attempt, lambda answer: bool(answer[1]))
        return made, environment["id"]

    def imported(self, project: str, environment: str) -> None:
        """Runs a data source, and waits for it."""
        filters = [{"type": "EXCLUDE", "expression": "tmp_*"}]
        databases = [{"databaseName": self.database, "filterExpressions": filters}]
        made = self.datazone.create_data_source(
            **self.within,
            name=self.database,
            projectIdentifier=project,
            environmentIdentifier=environment,
            type="GLUE",
            publishOnImport=True,
            configuration={"glueRunConfiguration": {"relationalFilterConfigurations": databases}},
        )
        named = {**self.within, "identifier": made["id"]}
        until(lambda: self.datazone.get_data_source(**named)["status"], lambda status: status == "READY")
        source = {**self.within, "dataSourceIdentifier": made["id"]}
        run = self.datazone.start_data_source_run(**source)
        with self.refused("ConflictException", status=409):
            self.datazone.start_data_source_run(**source)
        done = until(
            lambda: self.datazone.get_data_source_run(**self.within, identifier=run["id"]),
            lambda found: found["status"] not in ("REQUESTED", "RUNNING"),
        )
        self.assertEqual(("SUCCESS", 1), (done["status"], done["runStatisticsForAssets"]["added"]))
        pages = self.datazone.get_paginator("list_data_source_runs").paginate(**source, status="SUCCESS")
        self.assertEqual([run["id"]], [item["id"] for page in pages for item in page["items"]])
        pages = self.datazone.get_paginator("list_data_sources").paginate(**self.within, projectIdentifier=project)
        self.assertEqual(["SUCCESS"], [item["lastRunStatus"] for page in pages for item in page["items"]])

    def test_a_table_is_published_subscribed_to_and_granted(self) -> None:
        producer, lake = self.project("sales")
        consumer, target = self.project("churn")
        self.imported(producer, lake)
        inventory = {**self.within, "searchScope": "ASSET", "owningProjectIdentifier": producer}
        (found,) = self.datazone.search(**inventory, searchText="orders")["items"]
        asset = self.datazone.get_asset(**self.within, identifier=found["assetItem"]["identifier"])
        self.assertTrue(asset["externalIdentifier"].endswith(f":table/{self.database}/orders"))
        owned = {"filter": {"attribute": "owningProjectId", "value": producer}}
        wanted = {**self.within, "searchText": "orders", "filters": owned, "additionalAttributes": ["FORMS"]}
        (item,) = until(lambda: self.datazone.search_listings(**wanted)["items"], bool)
        listing = item["assetListing"]["listingId"]
        shown = self.datazone.get_listing(**self.within, identifier=listing)
        self.assertEqual(("ACTIVE", asset["id"]), (shown["status"], shown["item"]["assetListing"]["assetId"]))

        wish = {
            **self.within,
            "subscribedPrincipals": [{"project": {"identifier": consumer}}],
            "subscribedListings": [{"identifier": listing}],
            "requestReason": "to predict",
        }
        request = self.datazone.create_subscription_request(**wish)
        with self.refused("ConflictException", status=409):
            self.datazone.create_subscription_request(**wish)
        waiting = self.datazone.list_subscription_requests(**self.within, approverProjectId=producer)["items"]
        self.assertEqual([request["id"]], [item["id"] for item in waiting])
        named = {**self.within, "identifier": request["id"]}
        self.datazone.accept_subscription_request(**named, decisionComment="fine")
        self.assertEqual("ACCEPTED", self.datazone.get_subscription_request_details(**named)["status"])
        of_request = {**self.within, "subscriptionRequestIdentifier": request["id"]}
        (subscription,) = self.datazone.list_subscriptions(**of_request)["items"]
        grants = {**self.within, "subscriptionId": subscription["id"]}
        (grant,) = until(
            lambda: self.datazone.list_subscription_grants(**grants)["items"],
            lambda items: bool(items) and items[0]["status"] == "COMPLETED",
        )
        self.assertEqual("GRANTED", grant["assets"][0]["status"])
        self.datazone.get_subscription_grant(**self.within, identifier=grant["id"])
        of_lake = {**self.within, "environmentIdentifier": target}
        (place,) = self.datazone.list_subscription_targets(**of_lake)["items"]
        self.assertEqual(grant["subscriptionTargetId"], place["id"])
        self.datazone.get_subscription_target(**of_lake, identifier=place["id"])
        named = {**self.within, "identifier": subscription["id"]}
        self.assertEqual("APPROVED", self.datazone.get_subscription(**named)["status"])
        self.assertEqual("CANCELLED", self.datazone.cancel_subscription(**named)["status"])
        with self.refused("ConflictException", status=409):
            self.datazone.revoke_subscription(**named)

    def test_tables_come_and_go(self) -> None:
        named = {"DatabaseName": self.database, "Name": "orders"}
        self.assertEqual("bigint", self.glue.get_table(**named)["Table"]["StorageDescriptor"]["Columns"][0]["Type"])
        pages = self.glue.get_paginator("get_tables").paginate(
            DatabaseName=self.database, PaginationConfig={"PageSize": 1}
        )
        self.assertEqual(["orders", "tmp_orders"], [each["Name"] for page in pages for each in page["TableList"]])
        self.glue.delete_table(**named)
        with self.refused("EntityNotFoundException", status=400):
            self.glue.get_table(**named)
        self.assertEqual(self.database, self.glue.get_database(Name=self.database)["Database"]["Name"])
