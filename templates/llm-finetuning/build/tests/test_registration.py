"""The request that registers, against AWS's own model of it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from llm.settings import Settings
from pipeline import project, registration

ARTIFACTS = "s3://bucket/model/job/output/model/"


@pytest.fixture
def request_(where: project.Project, wanted: Settings) -> dict[str, Any]:
    """The request, with addresses in place of the pipeline's variables."""
    return registration.request(
        where,
        wanted,
        image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/djl-inference:tag",
        artifacts=ARTIFACTS,
        evaluation="s3://bucket/evaluation/evaluation.json",
        execution="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/e",
        commit="0" * 40,
    )


def test_aws_would_take_it(request_: dict[str, Any]) -> None:
    """Every member is known, and of the right type."""
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    shape = model.operation_model("CreateModelPackage").input_shape
    assert not ParamValidator().validate(request_, shape).has_errors()


def test_artifacts_are_uncompressed(request_: dict[str, Any]) -> None:
    """A prefix, and no `ModelDataUrl`, which is an archive's."""
    (container,) = request_["InferenceSpecification"]["Containers"]
    source = container["ModelDataSource"]["S3DataSource"]
    assert source == {"S3Uri": ARTIFACTS, "S3DataType": "S3Prefix", "CompressionType": "None"}
    assert source["S3Uri"].endswith("/")
    assert "ModelDataUrl" not in container


def test_version_waits_for_the_lead(request_: dict[str, Any], where: project.Project) -> None:
    """In the dev registry."""
    assert request_["ModelPackageGroupName"] == where.model_package_group
    assert request_["ModelApprovalStatus"] == "PendingManualApproval"
    assert request_["ModelLifeCycle"] == {"Stage": "Dev", "StageStatus": "Pending"}


def test_container_serves_what_is_there(wanted: Settings) -> None:
    """From the directory of the artifacts, without a way to the hub; all values are strings, as AWS wants them."""
    environment = registration.serving_environment(wanted.serving)
    assert environment["HF_MODEL_ID"] == "/opt/ml/model"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert int(environment["OPTION_MAX_MODEL_LEN"]) >= wanted.training.maximum_length
    assert all(isinstance(value, str) for value in environment.values())


def test_metadata_is_within_what_the_registry_takes(request_: dict[str, Any]) -> None:
    """At most 256 characters, none of those that it refuses."""
    for value in request_["CustomerMetadataProperties"].values():
        assert 0 < len(value) <= 256
        assert not set(value) & set('{}[]",;()#?&%*~')
