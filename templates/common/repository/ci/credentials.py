"""Prints AWS credentials for a job of CI, in the form that `credential_process` of AWS's clients asks for.

The job's OpenID Connect token is exchanged for the role of this repository; nothing secret is kept anywhere. `--stage`
goes on from there to the role `ci` of that stage, under the name that CloudTrail and four-eyes rules know the job by.
Clients call this again when credentials run out, so that a job may last longer than they do.
"""

import argparse
import json
import os
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[1]
AUDIENCE = "sts.amazonaws.com"


def identity_token() -> str:
    """The job's token. GitHub hands out new ones, because each lives for minutes; GitLab gives one a job."""
    url = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    if url is None:
        return os.environ["AIOPS_ID_TOKEN"]
    request = urllib.request.Request(f"{url}&audience={urllib.parse.quote(AUDIENCE, safe='')}")
    request.add_unredirected_header("Authorization", f"Bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["value"]


def job_name() -> str:
    """What this job is called in AWS: repository and run. STS takes 64 characters of a small alphabet."""
    repository = os.environ.get("GITHUB_REPOSITORY") or os.environ["CI_PROJECT_PATH"]
    run = os.environ.get("GITHUB_RUN_ID") or os.environ["CI_PIPELINE_ID"]
    name = re.sub(r"[^\w+=,.@-]+", "-", f"ci-{repository}", flags=re.ASCII)
    return f"{name[: 63 - len(run)]}-{run}"


def credentials(config: dict[str, Any], stage: str | None) -> dict[str, Any]:
    """Credentials of the repository's role or, with a stage, of the role `ci` there, as STS answers them."""
    region = config["stages"][stage or "dev"]["region"]
    name = job_name()
    found = boto3.client("sts", region_name=region).assume_role_with_web_identity(
        RoleArn=config["ci-role"], RoleSessionName=name, WebIdentityToken=identity_token()
    )["Credentials"]
    if stage is None:
        return found
    repository = boto3.client(
        "sts",
        region_name=region,
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )
    external_id = os.environ.get("AIOPS_EXTERNAL_ID")
    return repository.assume_role(
        RoleArn=config["stages"][stage]["ci-role"],
        RoleSessionName=name,
        SourceIdentity=name,
        **({"ExternalId": external_id} if external_id else {}),
    )["Credentials"]


def main() -> None:
    """Prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=["dev", "test", "prod"])
    stage = parser.parse_args().stage
    # The profile that called this must not be what it asks.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE"):
        os.environ.pop(name, None)
    found = credentials(json.loads((ROOT / "cicd-config.json").read_text(encoding="utf-8")), stage)
    keys = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    expiration = found["Expiration"].isoformat()
    print(json.dumps({"Version": 1, **{key: found[key] for key in keys}, "Expiration": expiration}))


if __name__ == "__main__":
    main()
