"""How the assistant is registered: the request to CreateModelPackage, and what the serving container is told.

Values may be variables of the pipeline, which it replaces when it runs.
"""

from __future__ import annotations

from typing import Any

from assistant.settings import Settings
from pipeline.project import Project

ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
    # Workers wait for Bedrock most of the time.
    "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
}
"""Settings of AWS's PyTorch container. Guardrail and vector bucket differ by stage: the deploy folder has them."""


def request(
    project: Project, settings: Settings, *, image: str, artifact: Any, evaluation: Any, execution: Any, commit: Any
) -> dict[str, Any]:
    """A version that waits for the lead's approval."""
    return {
        "ModelPackageGroupName": project.model_package_group,
        "ModelPackageDescription": f"Answers from documents, by {settings.generation.model}",
        "InferenceSpecification": {
            "Containers": [{"Image": image, "ModelDataUrl": artifact, "Environment": ENVIRONMENT}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": settings.serving.instances,
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending"},
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation}}},
        "MetadataProperties": {"CommitId": commit, "Repository": project.repository, "GeneratedBy": execution},
        "CustomerMetadataProperties": {
            "documents": settings.documents.source,
            "embedding-model": settings.embedding.model,
            "generation-model": settings.generation.model,
        },
        "Domain": "NATURAL_LANGUAGE_PROCESSING",
        "Task": "OTHER",
    }
