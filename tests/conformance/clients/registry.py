"""SageMaker's model registry: groups, versions, lifecycle, metadata, lists, search, policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config

from clients.support import (
    CENTRAL,
    REGION,
    STRANGER,
    TENANT,
    ConformanceTest,
    allow,
    assume,
    client,
    eventually,
    policy,
    session,
    unique,
    until,
)

IMAGE = f"{CENTRAL}.dkr.ecr.{REGION}.amazonaws.com/linear:1"


def container(url: str = "s3://somewhere/model.tar.gz") -> dict[str, Any]:
    """A container that serves the model at `url`."""
    return {"Image": IMAGE, "ModelDataUrl": url, "Environment": {"LOG_LEVEL": "info"}}


def inference(url: str = "s3://somewhere/model.tar.gz") -> dict[str, Any]:
    """An inference specification with one container."""
    return {
        "Containers": [container(url)],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


class RegistryTest(ConformanceTest):
    """A test with a group of its own in the central account."""

    def setUp(self) -> None:
        """Makes the group."""
        super().setUp()
        self.sagemaker = client(session(CENTRAL), "sagemaker")
        self.group = unique("credit-risk")
        answer = self.sagemaker.create_model_package_group(
            ModelPackageGroupName=self.group,
            ModelPackageGroupDescription="how likely a loan is to fail",
            Tags=[{"Key": "tenant", "Value": "credit"}],
        )
        self.group_arn = answer["ModelPackageGroupArn"]

    def register(self, **rest: Any) -> str:
        """Registers a version and gives its ARN."""
        request = {"ModelPackageGroupName": self.group, "InferenceSpecification": inference()} | rest
        return self.sagemaker.create_model_package(**request)["ModelPackageArn"]

    def describe(self, arn: str) -> dict[str, Any]:
        """Everything about a version."""
        return self.sagemaker.describe_model_package(ModelPackageName=arn)

    def summaries(self, **rest: Any) -> list[dict[str, Any]]:
        """The group's versions as the list gives them, over all pages: a page may be empty and have a successor."""
        pager = self.sagemaker.get_paginator("list_model_packages")
        pages = pager.paginate(**{"ModelPackageGroupName": self.group} | rest)
        return [entry for page in pages for entry in page["ModelPackageSummaryList"]]

    def arns(self, **rest: Any) -> list[str]:
        """The ARNs of the group's versions, as the list orders them."""
        return [entry["ModelPackageArn"] for entry in self.summaries(**rest)]


class Groups(RegistryTest):
    """Model package groups."""

    def test_a_group_comes_back_as_it_was_made(self) -> None:
        self.assertEqual(f"arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package-group/{self.group}", self.group_arn)
        for name in (self.group, self.group_arn):
            found = self.sagemaker.describe_model_package_group(ModelPackageGroupName=name)
            self.assertEqual("how likely a loan is to fail", found["ModelPackageGroupDescription"])
            self.assertEqual("Completed", found["ModelPackageGroupStatus"])
            self.assertLess(abs((datetime.now(UTC) - found["CreationTime"]).days), 3650)
        tags = self.sagemaker.list_tags(ResourceArn=self.group_arn)["Tags"]
        self.assertEqual([{"Key": "tenant", "Value": "credit"}], tags)

    def test_groups_are_listed_in_pages(self) -> None:
        stem = unique("paged")
        names = [f"{stem}-{number}" for number in range(5)]
        for name in names:
            self.sagemaker.create_model_package_group(ModelPackageGroupName=name)
        pages = list(
            self.sagemaker.get_paginator("list_model_package_groups").paginate(
                NameContains=stem, SortBy="Name", SortOrder="Descending", PaginationConfig={"PageSize": 2}
            )
        )
        found = [entry["ModelPackageGroupName"] for page in pages for entry in page["ModelPackageGroupSummaryList"]]
        self.assertEqual(names[::-1], found)
        self.assertGreaterEqual(len(pages), 3)

    def test_what_a_group_cannot_be(self) -> None:
        with self.refused("ValidationException", status=400, says="already exist"):
            self.sagemaker.create_model_package_group(ModelPackageGroupName=self.group)
        with self.refused("ValidationException", status=400, says="modelPackageGroupName"):
            self.sagemaker.create_model_package_group(ModelPackageGroupName="not_allowed")
        with self.refused("ValidationException", says="does not exist"):
            self.sagemaker.describe_model_package_group(ModelPackageGroupName=unique("none"))
        arn = self.register()
        with self.refused("ConflictException", "ValidationException"):
            self.sagemaker.delete_model_package_group(ModelPackageGroupName=self.group)
        self.sagemaker.delete_model_package(ModelPackageName=arn)
        self.sagemaker.delete_model_package_group(ModelPackageGroupName=self.group)
        with self.refused("ValidationException", says="does not exist"):
            self.sagemaker.describe_model_package_group(ModelPackageGroupName=self.group)

    def test_a_policy_comes_back_and_goes(self) -> None:
        reader = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:root"}}
        document = policy(allow("sagemaker:DescribeModelPackageGroup", self.group_arn, **reader))
        self.sagemaker.put_model_package_group_policy(ModelPackageGroupName=self.group, ResourcePolicy=document)
        answer = self.sagemaker.get_model_package_group_policy(ModelPackageGroupName=self.group)
        self.assertEqual(json.loads(document), json.loads(answer["ResourcePolicy"]))
        self.sagemaker.delete_model_package_group_policy(ModelPackageGroupName=self.group)
        with self.refused("ValidationException"):
            self.sagemaker.get_model_package_group_policy(ModelPackageGroupName=self.group)

    def test_a_policy_lets_another_account_in(self) -> None:
        arn = self.register()
        tenant, stranger = (client(session(account), "sagemaker") for account in (TENANT, STRANGER))
        with self.refused("AccessDeniedException", status=400):
            tenant.describe_model_package(ModelPackageName=arn)
        versions = f"arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package/{self.group}/*"
        actions = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:CreateModelPackage"]
        statement = allow(actions, versions, Principal={"AWS": f"arn:aws:iam::{TENANT}:root"})
        self.sagemaker.put_model_package_group_policy(
            ModelPackageGroupName=self.group, ResourcePolicy=policy(statement)
        )
        self.assertEqual(1, tenant.describe_model_package(ModelPackageName=arn)["ModelPackageVersion"])
        listed = tenant.list_model_packages(ModelPackageGroupName=self.group_arn)["ModelPackageSummaryList"]
        self.assertEqual([arn], [entry["ModelPackageArn"] for entry in listed])
        made = tenant.create_model_package(ModelPackageGroupName=self.group_arn, InferenceSpecification=inference())
        self.assertEqual(f"{arn.removesuffix('/1')}/2", made["ModelPackageArn"])
        with self.refused("AccessDeniedException"):
            tenant.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
        with self.refused("AccessDeniedException"):
            stranger.describe_model_package(ModelPackageName=arn)


class Versions(RegistryTest):
    """Model packages in a group."""

    def test_a_version_comes_back_as_it_was_registered(self) -> None:
        given = {
            "ModelPackageDescription": "ridge regression",
            "InferenceSpecification": inference(),
            "ModelApprovalStatus": "PendingManualApproval",
            "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending", "StageDescription": "fresh"},
            "CustomerMetadataProperties": {"aiops-run-id": "17", "aiops-source": f"arn:aws:iam::{TENANT}:role/x"},
            "MetadataProperties": {"CommitId": "0" * 40, "GeneratedBy": "pipeline"},
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {"ContentType": "application/json", "S3Uri": "s3://somewhere/evaluation.json"}
                }
            },
            "Domain": "MACHINE_LEARNING",
            "Task": "REGRESSION",
            "SamplePayloadUrl": "s3://somewhere/requests.csv",
        }
        arn = self.register(**given)
        self.assertEqual(f"arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package/{self.group}/1", arn)
        found = self.describe(arn)
        self.assertEqual(given, {name: found.get(name) for name in given})
        self.assertEqual(
            (self.group, 1, arn, "Completed"),
            tuple(
                found[name]
                for name in ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageStatus")
            ),
        )
        self.assertEqual(f"{arn[:-1]}2", self.register())

    def test_a_version_number_is_not_given_twice(self) -> None:
        first, second = self.register(), self.register()
        self.sagemaker.delete_model_package(ModelPackageName=second)
        with self.refused("ValidationException", says="does not exist"):
            self.describe(second)
        third = self.register()
        self.assertEqual(["1", "3"], [arn.rsplit("/", 1)[1] for arn in (first, third)])

    def test_a_client_token_makes_registration_idempotent(self) -> None:
        token = unique("token")
        self.assertEqual(self.register(ClientToken=token), self.register(ClientToken=token))
        self.assertEqual(1, len(self.arns()))

    def test_what_a_version_cannot_be(self) -> None:
        cases: list[dict[str, Any]] = [
            {"ModelPackageGroupName": unique("none")},
            {"CustomerMetadataProperties": {"key": "not, allowed"}},
            {"CustomerMetadataProperties": {f"k{number}": "v" for number in range(51)}},
            {"ModelApprovalStatus": "Perhaps"},
            {"ModelLifeCycle": {"Stage": "not allowed", "StageStatus": "Pending"}},
            {"InferenceSpecification": {"Containers": []}},
            {"Tags": [{"Key": "a", "Value": "b"}]},
        ]
        loose = self.loose_client()
        for case in cases:
            request = {"ModelPackageGroupName": self.group, "InferenceSpecification": inference()} | case
            with self.subTest(case), self.refused("ValidationException", status=400):
                loose.create_model_package(**request)
        self.assertEqual([], self.arns())

    def loose_client(self) -> Any:
        """A client that leaves all judging of requests to the server."""
        made = session(CENTRAL)
        return made.client("sagemaker", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))

    def test_lists_filter_sort_and_page(self) -> None:
        versions = [self.register(ModelApprovalStatus="Approved" if number % 2 else "Rejected") for number in range(5)]
        for size in (1, 2, 100):
            config = {"PageSize": size}
            self.assertEqual(versions[::-1], self.arns(SortOrder="Descending", PaginationConfig=config))
            self.assertEqual(versions, self.arns(SortOrder="Ascending", SortBy="CreationTime", PaginationConfig=config))
            approved = self.arns(ModelApprovalStatus="Approved", SortOrder="Ascending", PaginationConfig=config)
            self.assertEqual(versions[1::2], approved)
        self.assertEqual(versions, self.arns(ModelPackageGroupName=self.group_arn, SortOrder="Ascending"))
        self.assertEqual([], self.arns(CreationTimeBefore=datetime(2000, 1, 1, tzinfo=UTC)))
        with self.refused("ValidationException"):
            self.sagemaker.list_model_packages(ModelPackageGroupName=self.group, NextToken="made-up")

    def test_a_summary_knows_the_lifecycle(self) -> None:
        arn = self.register(ModelLifeCycle={"Stage": "Dev", "StageStatus": "Pending"}, ModelApprovalStatus="Rejected")
        summary = self.summaries()[0]
        self.assertEqual(
            (arn, 1, {"Stage": "Dev", "StageStatus": "Pending"}, "Rejected"),
            tuple(
                summary[name]
                for name in ("ModelPackageArn", "ModelPackageVersion", "ModelLifeCycle", "ModelApprovalStatus")
            ),
        )
        self.assertNotIn("CustomerMetadataProperties", summary)

    def test_several_are_described_at_once(self) -> None:
        arns = [self.register(), self.register()]
        missing = f"{arns[0][:-1]}9"
        answer = self.sagemaker.batch_describe_model_package(ModelPackageArnList=[*arns, missing])
        self.assertEqual(sorted(arns), sorted(answer["ModelPackageSummaries"]))
        self.assertEqual(1, answer["ModelPackageSummaries"][arns[0]]["ModelPackageVersion"])
        self.assertEqual([missing], list(answer["BatchDescribeModelPackageErrorMap"]))

    def test_search_finds_what_was_registered(self) -> None:
        arn = self.register(CustomerMetadataProperties={"aiops-run-id": "17"}, ModelApprovalStatus="Approved")
        other = self.register(ModelApprovalStatus="Rejected")

        def search(*filters: tuple[str, str, str]) -> list[str]:
            expression = {"Filters": [dict(zip(("Name", "Operator", "Value"), f, strict=True)) for f in filters]}
            pages = self.sagemaker.get_paginator("search").paginate(
                Resource="ModelPackage", SearchExpression=expression, PaginationConfig={"PageSize": 1}
            )
            return sorted(result["ModelPackage"]["ModelPackageArn"] for page in pages for result in page["Results"])

        group = ("ModelPackageGroupName", "Equals", self.group)
        self.assertEqual([arn, other], until(lambda: search(group), lambda found: len(found) == 2))
        self.assertEqual([arn], search(group, ("ModelApprovalStatus", "Equals", "Approved")))
        self.assertEqual([other], search(group, ("ModelApprovalStatus", "NotEquals", "Approved")))
        with self.refused("ValidationException"):
            search(("ModelPackageGroupName", "Resembles", self.group))


class Updates(RegistryTest):
    """UpdateModelPackage."""

    def test_an_update_changes_what_it_names_and_nothing_else(self) -> None:
        arn = self.register(
            ModelApprovalStatus="PendingManualApproval",
            ModelLifeCycle={"Stage": "Dev", "StageStatus": "Pending"},
            CustomerMetadataProperties={"kept": "1", "changed": "1", "removed": "1"},
        )
        self.sagemaker.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="metrics are better",
            ModelLifeCycle={"Stage": "Dev", "StageStatus": "Approved"},
        )
        self.sagemaker.update_model_package(
            ModelPackageArn=arn,
            CustomerMetadataProperties={"changed": "2", "added": "1"},
            CustomerMetadataPropertiesToRemove=["removed"],
        )
        found = self.describe(arn)
        self.assertEqual({"kept": "1", "changed": "2", "added": "1"}, found["CustomerMetadataProperties"])
        self.assertEqual("Approved", found["ModelApprovalStatus"])
        self.assertEqual("metrics are better", found["ApprovalDescription"])
        self.assertEqual({"Stage": "Dev", "StageStatus": "Approved"}, found["ModelLifeCycle"])
        self.assertEqual(inference(), found["InferenceSpecification"])
        self.assertGreaterEqual(found["LastModifiedTime"], found["CreationTime"])

    def test_what_an_update_cannot_do(self) -> None:
        arn = self.register()
        with self.refused("ValidationException"):
            self.sagemaker.update_model_package(ModelPackageArn=f"{arn[:-1]}9", ModelApprovalStatus="Approved")
        with self.refused("ValidationException"):
            self.sagemaker.update_model_package(ModelPackageArn=arn, ModelLifeCycle={"Stage": "!", "StageStatus": "x"})

    def test_a_role_may_be_kept_to_one_stage(self) -> None:
        arn = self.register(ModelLifeCycle={"Stage": "Dev", "StageStatus": "Pending"})
        only_dev = {"StringEquals": {"sagemaker:ModelLifeCycle:Stage": "Dev"}}
        statements = [
            allow("sagemaker:DescribeModelPackage"),
            allow("sagemaker:UpdateModelPackage", arn, Condition=only_dev),
        ]
        scientist = client(assume(CENTRAL, unique("scientist"), statements, TENANT), "sagemaker")

        def move(stage: str) -> None:
            scientist.update_model_package(
                ModelPackageArn=arn, ModelLifeCycle={"Stage": stage, "StageStatus": "Approved"}
            )

        eventually(lambda: move("Dev"))
        for stage in ("Test", "Prod"):
            with self.refused("AccessDeniedException", status=400, says="sagemaker:UpdateModelPackage"):
                move(stage)
        with self.refused("AccessDeniedException"):
            scientist.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
        self.assertEqual("Dev", self.describe(arn)["ModelLifeCycle"]["Stage"])

    def test_the_state_of_a_version_may_be_a_condition(self) -> None:
        arn = self.register(
            ModelLifeCycle={"Stage": "Test", "StageStatus": "Pending"},
            CustomerMetadataProperties={"aiops-it-status": "Failed"},
        )
        passed = {
            "StringEquals": {
                "sagemaker:CurrentModelLifeCycleStage": "Test",
                "sagemaker:CurrentCustomerMetadataProperties/aiops-it-status": "Passed",
            }
        }
        statements = [
            allow("sagemaker:DescribeModelPackage"),
            allow("sagemaker:UpdateModelPackage", Condition=passed),
        ]
        officer = client(assume(CENTRAL, unique("officer"), statements, TENANT), "sagemaker")
        approved = {"Stage": "Test", "StageStatus": "Approved"}
        eventually(lambda: officer.describe_model_package(ModelPackageName=arn))
        with self.refused("AccessDeniedException"):
            officer.update_model_package(ModelPackageArn=arn, ModelLifeCycle=approved)
        self.sagemaker.update_model_package(
            ModelPackageArn=arn, CustomerMetadataProperties={"aiops-it-status": "Passed"}
        )
        officer.update_model_package(ModelPackageArn=arn, ModelLifeCycle=approved)
        self.assertEqual(approved, self.describe(arn)["ModelLifeCycle"])
