"""Tries decisions as personas, with boto3 alone: what aiops refuses, AWS must refuse too.

    AWS_ENDPOINT_URL=http://127.0.0.1:PORT python tests/conformance/personas.py

The sandbox is that of `aiops demo`. Exit code 1 if anybody gets further than they may.
"""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError
from clients.support import isolate, require_loopback

GOVERNANCE, CENTRAL = "111111111111", "222222222222"
REGION = "eu-west-1"
# The demo leaves version 2 in Test/Pending: these are all decisions about test and prod.
VERSION = f"arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package/clinical-diabetes-progression/2"
DECISIONS = [(stage, status) for stage in ("Test", "Prod") for status in ("Approved", "Rejected")]
DECIDES = {"governance-officer": {("Test", "Approved"), ("Test", "Rejected")}}
PERSONAS = ["data-scientist", "lead", "engineer", "ci", "administrator", "governance-officer"]


def client(endpoint: str, service: str, key: str, secret: str = "sandbox", token: str | None = None) -> Any:
    """A client with these credentials."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def attempt(endpoint: str, persona: str, stage: str, status: str) -> str:
    """The outcome of one decision: `done`, or AWS's error code."""
    credentials = client(endpoint, "sts", GOVERNANCE).assume_role(
        RoleArn=f"arn:aws:iam::{CENTRAL}:role/aiops-{persona}",
        RoleSessionName="conformance",
        SourceIdentity="conformance",
    )["Credentials"]
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    try:
        client(endpoint, "sagemaker", *keys).update_model_package(
            ModelPackageArn=VERSION,
            ModelLifeCycle={"Stage": stage, "StageStatus": status},
            ModelApprovalStatus=status,
        )
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def put_back(endpoint: str) -> None:
    """Version 2 as the demo left it, by the account's administrator."""
    client(endpoint, "sagemaker", CENTRAL).update_model_package(
        ModelPackageArn=VERSION,
        ModelLifeCycle={"Stage": "Test", "StageStatus": "Pending"},
        ModelApprovalStatus="Approved",
    )


def main() -> int:
    """Tries every decision as every persona."""
    endpoint = require_loopback()
    isolate()
    wrong = []
    for persona in PERSONAS:
        for decision in DECISIONS:
            expected = "done" if decision in DECIDES.get(persona, set()) else "AccessDeniedException"
            outcome = attempt(endpoint, persona, *decision)
            put_back(endpoint)
            if outcome != expected:
                wrong.append(f"{persona} {'/'.join(decision)}: {outcome}, not {expected}")
    print("\n".join(wrong) or f"{len(PERSONAS) * len(DECISIONS)} decisions, each as it should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
