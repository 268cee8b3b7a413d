"""The request that registers, against AWS's own model of it."""

from __future__ import annotations

from typing import Any

import pytest
from assistant.settings import Settings
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from pipeline import project, registration


@pytest.fixture
def request_(where: project.Project, wanted: Settings) -> dict[str, Any]:
    """The request, with addresses in place of the pipeline's variables."""
    return registration.request(
        where,
        wanted,
        image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:tag",
        artifact="s3://bucket/package/model.tar.gz",
        evaluation="s3://bucket/evaluation/evaluation.json",
        execution="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/e",
        commit="0" * 40,
    )


def test_aws_would_take_it(request_: dict[str, Any]) -> None:
    """Every member is known, and of the right type."""
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    shape = model.operation_model("CreateModelPackage").input_shape
    assert not ParamValidator().validate(request_, shape).has_errors()


def test_version_waits_for_the_lead(request_: dict[str, Any], where: project.Project) -> None:
    """In the dev registry."""
    assert request_["ModelPackageGroupName"] == where.model_package_group
    assert request_["ModelApprovalStatus"] == "PendingManualApproval"
    assert request_["ModelLifeCycle"] == {"Stage": "Dev", "StageStatus": "Pending"}


def test_nothing_of_a_stage_is_registered(request_: dict[str, Any]) -> None:
    """The version is the same in every stage; guardrails are not."""
    (container,) = request_["InferenceSpecification"]["Containers"]
    assert not [name for name in container["Environment"] if name.startswith("ASSISTANT_")]


def test_metadata_is_within_what_the_registry_takes(request_: dict[str, Any]) -> None:
    """At most 256 characters, none of those that it refuses."""
    for value in request_["CustomerMetadataProperties"].values():
        assert 0 < len(value) <= 256
        assert not set(value) & set('{}[]",;()#?&%*~')
