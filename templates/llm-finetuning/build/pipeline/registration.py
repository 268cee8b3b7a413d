"""How the model is registered: the request to CreateModelPackage, and what the serving container is told.

Values may be variables of the pipeline, which it replaces when it runs.
"""

from __future__ import annotations

from typing import Any

from llm.settings import Serving, Settings
from pipeline.project import Project

MODEL_IN_CONTAINER = "/opt/ml/model"
"""Where SageMaker puts uncompressed artifacts."""


def serving_environment(serving: Serving) -> dict[str, str]:
    """Settings of the LMI container (Deep Java Library), which serves with vLLM in asynchronous mode."""
    return {
        "HF_MODEL_ID": MODEL_IN_CONTAINER,
        # Nothing is fetched: what serves is what was approved.
        "HF_HUB_OFFLINE": "1",
        "OPTION_ASYNC_MODE": "true",
        "OPTION_ROLLING_BATCH": "disable",
        "OPTION_ENTRYPOINT": "djl_python.lmi_vllm.vllm_async_service",
        "TENSOR_PARALLEL_DEGREE": "max",
        "OPTION_DTYPE": "bf16",
        "OPTION_MAX_MODEL_LEN": str(serving.maximum_length),
        "OPTION_MAX_ROLLING_BATCH_SIZE": str(serving.maximum_concurrent_requests),
        # A model that does not load stops the container, and the deployment fails at once instead of at its timeout.
        "SERVING_FAIL_FAST": "true",
    }


def container(image: str, artifacts: Any, serving: Serving) -> dict[str, Any]:
    """The image with the uncompressed files under `artifacts`, a prefix that ends in a slash."""
    return {
        "Image": image,
        "ModelDataSource": {
            "S3DataSource": {"S3Uri": artifacts, "S3DataType": "S3Prefix", "CompressionType": "None"},
        },
        "Environment": serving_environment(serving),
    }


def request(
    project: Project, settings: Settings, *, image: str, artifacts: Any, evaluation: Any, execution: Any, commit: Any
) -> dict[str, Any]:
    """A version that waits for the lead's approval."""
    return {
        "ModelPackageGroupName": project.model_package_group,
        "ModelPackageDescription": f"{settings.model.id}, fine-tuned with LoRA of rank {settings.lora.rank}",
        "InferenceSpecification": {
            "Containers": [container(image, artifacts, settings.serving)],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": settings.serving.instances,
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending"},
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation}}},
        "MetadataProperties": {"CommitId": commit, "Repository": project.repository, "GeneratedBy": execution},
        "CustomerMetadataProperties": {
            "base-model": settings.model.id,
            "base-revision": settings.model.revision,
            "lora-rank": str(settings.lora.rank),
            "data-source": settings.data.source,
        },
        "Domain": "NATURAL_LANGUAGE_PROCESSING",
        "Task": "TEXT_GENERATION",
    }
