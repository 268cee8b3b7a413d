"""SageMaker's models and endpoints: made, changed, asked, all of it over time."""

from __future__ import annotations

import io
import json
import re
import tarfile
from typing import Any

from clients.registry import IMAGE, inference
from clients.support import (
    CENTRAL,
    REGION,
    TENANT,
    ConformanceTest,
    allow,
    client,
    deny,
    eventually,
    policy,
    session,
    trust,
    unique,
    until,
)

FEATURES = ["age", "bmi"]


def artifact(intercept: float) -> bytes:
    """A model that answers `intercept + age + 10 * bmi`."""
    model = {
        "format": "aiops-linear/1",
        "target": "progression",
        "features": FEATURES,
        "coefficients": [1.0, 10.0],
        "intercept": intercept,
    }
    content = json.dumps(model).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("model.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class EndpointTest(ConformanceTest):
    """A test with a bucket of artifacts and a role for the containers."""

    def setUp(self) -> None:
        """Makes the bucket and the role."""
        super().setUp()
        owner = session(CENTRAL)
        self.sagemaker = client(owner, "sagemaker")
        self.runtime = client(owner, "sagemaker-runtime")
        self.s3 = client(owner, "s3")
        self.bucket = unique("artifacts")
        self.s3.create_bucket(Bucket=self.bucket)
        iam = client(owner, "iam")
        service = json.loads(trust(CENTRAL))
        service["Statement"][0] |= {"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=unique("execution"), AssumeRolePolicyDocument=json.dumps(service))["Role"]
        iam.put_role_policy(RoleName=role["RoleName"], PolicyName="may", PolicyDocument=policy(allow("s3:*")))
        self.role = role["Arn"]
        # SageMaker cannot take a new role at once.
        self.s3.put_object(Bucket=self.bucket, Key="probe", Body=b"")
        probe = {"Image": IMAGE, "ModelDataUrl": f"s3://{self.bucket}/probe"}
        eventually(
            lambda: self.sagemaker.create_model(
                ModelName=unique("probe"), PrimaryContainer=probe, ExecutionRoleArn=self.role
            ),
            passing=("ValidationException",),
        )
        self.s3.delete_object(Bucket=self.bucket, Key="probe")

    def upload(self, content: bytes) -> str:
        """Stores an artifact and gives its URI."""
        key = f"{unique('model')}/model.tar.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def model(self, content: bytes) -> str:
        """Makes a model and gives its name."""
        name = unique("model")
        container = {"Image": IMAGE, "ModelDataUrl": self.upload(content)}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role)
        return name

    def config(self, **weights: tuple[str, float]) -> str:
        """Makes an endpoint configuration of variants, each a model and its weight; gives its name."""
        name = unique("config")
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": variant,
                    "ModelName": model,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": weight,
                }
                for variant, (model, weight) in weights.items()
            ],
        )
        return name

    def endpoint(self, config: str) -> str:
        """Makes an endpoint, waits until it serves, and gives its name."""
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.assertEqual("InService", self.settled(name)["EndpointStatus"])
        return name

    def describe(self, name: str) -> dict[str, Any]:
        """Everything about an endpoint."""
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def settled(self, name: str) -> dict[str, Any]:
        """The endpoint once nothing is under way."""
        passing = ("Creating", "Updating", "SystemUpdating", "RollingBack")
        return until(lambda: self.describe(name), lambda found: found["EndpointStatus"] not in passing)

    def invoke(self, endpoint: str, body: str, **rest: Any) -> tuple[list[float], str]:
        """What the endpoint predicts, and which variant did."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, **{"ContentType": "text/csv", "Accept": "text/csv", "Body": body} | rest
        )
        numbers = re.findall(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", answer["Body"].read().decode())
        return [float(number) for number in numbers], answer["InvokedProductionVariant"]


class Models(EndpointTest):
    """CreateModel and CreateEndpointConfig."""

    def test_a_model_comes_back_as_it_was_made(self) -> None:
        name = unique("model")
        given = {"Image": IMAGE, "ModelDataUrl": self.upload(artifact(0)), "Environment": {"LEVEL": "1"}}
        arn = self.sagemaker.create_model(ModelName=name, PrimaryContainer=given, ExecutionRoleArn=self.role)[
            "ModelArn"
        ]
        self.assertEqual(f"arn:aws:sagemaker:{REGION}:{CENTRAL}:model/{name}", arn)
        found = self.sagemaker.describe_model(ModelName=name)
        self.assertEqual(given, {key: found["PrimaryContainer"].get(key) for key in given})
        self.assertEqual(self.role, found["ExecutionRoleArn"])
        with self.refused("ValidationException", status=400, says="already existing model"):
            self.sagemaker.create_model(ModelName=name, PrimaryContainer=given, ExecutionRoleArn=self.role)
        self.sagemaker.delete_model(ModelName=name)
        with self.refused("ValidationException", status=400, says="could not find model"):
            self.sagemaker.describe_model(ModelName=name)

    def test_a_model_may_be_made_of_an_approved_version_only(self) -> None:
        group = unique("group")
        self.sagemaker.create_model_package_group(ModelPackageGroupName=group)
        version = self.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            InferenceSpecification=inference(self.upload(artifact(5))),
            ModelApprovalStatus="PendingManualApproval",
        )["ModelPackageArn"]

        def create() -> str:
            name = unique("model")
            container = {"ModelPackageName": version}
            self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role)
            return name

        with self.refused("ValidationException", status=400):
            create()
        self.sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
        name = create()
        described = self.sagemaker.describe_model(ModelName=name)
        self.assertEqual(version, described["PrimaryContainer"]["ModelPackageName"])
        endpoint = self.endpoint(self.config(champion=(name, 1.0)))
        self.assertEqual(([5.0 + 40 + 250], "champion"), self.invoke(endpoint, "40,25"))

    def test_a_configuration_comes_back_as_it_was_made(self) -> None:
        model = self.model(artifact(0))
        name = self.config(champion=(model, 0.9), challenger=(model, 0.1))
        variants = self.sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
        self.assertEqual(
            [("champion", model, 0.9), ("challenger", model, 0.1)],
            [(v["VariantName"], v["ModelName"], round(v["InitialVariantWeight"], 6)) for v in variants],
        )
        with self.refused("ValidationException", says="could not find model"):
            self.config(champion=(unique("none"), 1.0))
        self.sagemaker.delete_endpoint_config(EndpointConfigName=name)
        with self.refused("ValidationException", says="could not find endpoint configuration"):
            self.sagemaker.describe_endpoint_config(EndpointConfigName=name)


class ModelsOfOthers(EndpointTest):
    """Models of versions and of model data that another account has."""

    def test_model_data_of_another_account_must_be_opened(self) -> None:
        bucket = unique("artifacts")
        owner = client(session(TENANT), "s3")
        owner.create_bucket(Bucket=bucket)
        owner.put_object(Bucket=bucket, Key="model.tar.gz", Body=artifact(0))
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}

        def create(role: str) -> None:
            self.sagemaker.create_model(ModelName=unique("model"), PrimaryContainer=container, ExecutionRoleArn=role)

        with self.refused("ValidationException", status=400, says="could not access model data"):
            create(self.role)
        reader = {"Principal": {"AWS": self.role}}
        objects = f"arn:aws:s3:::{bucket}/*"
        owner.put_bucket_policy(Bucket=bucket, Policy=policy(allow("s3:GetObject", objects, **reader)))
        create(self.role)
        both = policy(allow("s3:GetObject", objects, **reader), deny("s3:GetObject", objects, **reader))
        owner.put_bucket_policy(Bucket=bucket, Policy=both)
        with self.refused("ValidationException", says="could not access model data"):
            create(self.role)
        with self.refused("ValidationException", says="could not access model data"):
            create(f"arn:aws:iam::{CENTRAL}:role/{unique('none')}")

    def test_a_version_of_another_account_must_be_opened(self) -> None:
        owner, group = client(session(TENANT), "sagemaker"), unique("group")
        owner.create_model_package_group(ModelPackageGroupName=group)
        version = owner.create_model_package(
            ModelPackageGroupName=group,
            InferenceSpecification=inference(self.upload(artifact(0))),
            ModelApprovalStatus="Approved",
        )["ModelPackageArn"]

        def create() -> None:
            container = {"ModelPackageName": version}
            self.sagemaker.create_model(
                ModelName=unique("model"), PrimaryContainer=container, ExecutionRoleArn=self.role
            )

        with self.refused("AccessDeniedException", status=400, says="no resource-based policy"):
            create()
        versions = f"arn:aws:sagemaker:{REGION}:{TENANT}:model-package/{group}/*"
        account = {"Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"}}
        opened = policy(allow("sagemaker:CreateModel", versions, **account))
        owner.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=opened)
        create()


class Endpoints(EndpointTest):
    """Endpoints over time."""

    def test_an_endpoint_takes_time_to_come_and_go(self) -> None:
        config = self.config(champion=(self.model(artifact(0)), 1.0))
        name = unique("endpoint")
        made = self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.assertEqual(f"arn:aws:sagemaker:{REGION}:{CENTRAL}:endpoint/{name}", made["EndpointArn"])
        self.assertEqual("Creating", self.describe(name)["EndpointStatus"])
        with self.refused("ValidationException", status=400):
            self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
        waiter = self.sagemaker.get_waiter("endpoint_in_service")
        waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        variant = self.describe(name)["ProductionVariants"][0]
        self.assertEqual(
            ("champion", 1.0, 1, 1),
            tuple(
                variant[key] for key in ("VariantName", "CurrentWeight", "CurrentInstanceCount", "DesiredInstanceCount")
            ),
        )
        pages = self.sagemaker.get_paginator("list_endpoints").paginate(NameContains=name)
        self.assertEqual([name], [entry["EndpointName"] for page in pages for entry in page["Endpoints"]])
        self.sagemaker.delete_endpoint(EndpointName=name)
        waiter = self.sagemaker.get_waiter("endpoint_deleted")
        waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        with self.refused("ValidationException", says="could not find endpoint"):
            self.describe(name)
        with self.refused("ValidationException", says="could not find resource"):
            self.sagemaker.list_tags(ResourceArn=made["EndpointArn"])

    def test_an_update_moves_to_another_configuration(self) -> None:
        first = self.config(champion=(self.model(artifact(1)), 1.0))
        second = self.config(champion=(self.model(artifact(2)), 1.0))
        name = self.endpoint(first)
        self.assertEqual([1.0], self.invoke(name, "0,0")[0])
        deployment = {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY",
                    "WaitIntervalInSeconds": 0,
                    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                }
            }
        }
        self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=second, DeploymentConfig=deployment)
        self.assertEqual("Updating", self.describe(name)["EndpointStatus"])
        found = self.settled(name)
        self.assertEqual(("InService", second), (found["EndpointStatus"], found["EndpointConfigName"]))
        self.assertEqual("CANARY", found["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]
                         ["TrafficRoutingConfiguration"]["Type"])  # fmt: skip
        self.assertEqual([2.0], self.invoke(name, "0,0")[0])
        with self.refused("ValidationException", says="could not find endpoint configuration"):
            self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=unique("none"))

    def test_weights_move_traffic(self) -> None:
        champion, challenger = self.model(artifact(1)), self.model(artifact(2))
        name = self.endpoint(self.config(champion=(champion, 1.0), challenger=(challenger, 0.0)))
        self.assertEqual({"champion"}, {self.invoke(name, "0,0")[1] for _ in range(20)})
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name,
            DesiredWeightsAndCapacities=[
                {"VariantName": "champion", "DesiredWeight": 0},
                {"VariantName": "challenger", "DesiredWeight": 1},
            ],
        )
        self.assertEqual("Updating", self.describe(name)["EndpointStatus"])
        weights = {v["VariantName"]: v["CurrentWeight"] for v in self.settled(name)["ProductionVariants"]}
        self.assertEqual({"champion": 0.0, "challenger": 1.0}, weights)
        self.assertEqual({"challenger"}, {self.invoke(name, "0,0")[1] for _ in range(20)})


class Invocations(EndpointTest):
    """SageMaker Runtime."""

    def test_a_variant_may_be_named(self) -> None:
        first, second = self.model(artifact(100)), self.model(artifact(200))
        name = self.endpoint(self.config(champion=(first, 0.5), challenger=(second, 0.5)))
        for variant, intercept in (("champion", 100), ("challenger", 200)):
            answer = self.invoke(name, "40,25\n50,30\n", TargetVariant=variant)
            self.assertEqual(([intercept + 40.0 + 250.0, intercept + 50.0 + 300.0], variant), answer)
        self.assertEqual({"champion", "challenger"}, {self.invoke(name, "0,0")[1] for _ in range(60)})
        with self.refused("ValidationError", status=400):
            self.invoke(name, "0,0", TargetVariant="none")

    def test_what_a_model_cannot_answer(self) -> None:
        good = self.endpoint(self.config(champion=(self.model(artifact(0)), 1.0)))
        with self.refused("ModelError", status=424):
            self.invoke(good, "not,numbers")
        with self.refused("ModelError", status=424):
            self.invoke(good, "1,2,3")
        with self.refused("ValidationError", status=400, says="not found"):
            self.invoke(unique("none"), "0,0")
