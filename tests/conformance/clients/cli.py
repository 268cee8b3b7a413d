"""The AWS CLI: the same endpoint, through another program's eyes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from clients.endpoints import EndpointTest, artifact
from clients.registry import inference
from clients.support import CENTRAL, TENANT, ConformanceTest, allow, policy, trust, unique


class CommandFailedError(Exception):
    """The CLI ended with an exit code other than 0; the text is what it said."""


def aws(account: str, *arguments: str, **environment: str) -> Any:
    """Runs `aws` as the administrator of an account; gives its JSON, or its text if it is none."""
    credentials = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "any"}
    done = subprocess.run(
        [sys.executable, "-m", "awscli", *arguments],
        env=os.environ | credentials | {"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise CommandFailedError(done.stderr.strip())
    try:
        return json.loads(done.stdout)
    except ValueError:
        return done.stdout


class CommandLine(EndpointTest):
    """A handful of everyday commands."""

    def test_identity_and_roles(self) -> None:
        self.assertEqual(TENANT, aws(TENANT, "sts", "get-caller-identity")["Account"])
        name = unique("role")
        arn = aws(CENTRAL, "iam", "create-role", "--role-name", name,
                  "--assume-role-policy-document", trust(TENANT))["Role"]["Arn"]  # fmt: skip
        aws(CENTRAL, "iam", "put-role-policy", "--role-name", name, "--policy-name", "may",
            "--policy-document", policy(allow("sts:GetCallerIdentity")))  # fmt: skip
        assumed = aws(TENANT, "sts", "assume-role", "--role-arn", arn, "--role-session-name", "cli")
        made = assumed["Credentials"]
        identity = aws(
            made["AccessKeyId"],
            "sts",
            "get-caller-identity",
            AWS_SECRET_ACCESS_KEY=made["SecretAccessKey"],
            AWS_SESSION_TOKEN=made["SessionToken"],
        )
        self.assertEqual((CENTRAL, assumed["AssumedRoleUser"]["Arn"]), (identity["Account"], identity["Arn"]))

    def test_files_go_up_and_come_back(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            here = Path(name)
            (here / "up" / "sub").mkdir(parents=True)
            (here / "up" / "a b.txt").write_text("one")
            (here / "up" / "sub" / "model.bin").write_bytes(bytes(9 * 1024 * 1024))
            target = f"s3://{self.bucket}/synced"
            aws(CENTRAL, "s3", "sync", str(here / "up"), target)
            listed = aws(CENTRAL, "s3", "ls", "--recursive", target)
            self.assertEqual({"a b.txt", "sub/model.bin"}, {line.split("synced/")[1] for line in listed.splitlines()})
            aws(CENTRAL, "s3", "cp", f"{target}/sub/model.bin", f"s3://{self.bucket}/copied")
            aws(CENTRAL, "s3", "cp", f"s3://{self.bucket}/copied", str(here / "down"))
            self.assertEqual(bytes(9 * 1024 * 1024), (here / "down").read_bytes())
            self.assertEqual(
                "one", self.s3.get_object(Bucket=self.bucket, Key="synced/a b.txt")["Body"].read().decode()
            )
        aws(CENTRAL, "s3", "rm", "--recursive", target)
        listed = aws(CENTRAL, "s3api", "list-objects-v2", "--bucket", self.bucket, "--query", "Contents[].Key")
        self.assertEqual(["copied"], listed)

    def test_a_version_is_registered_approved_and_listed(self) -> None:
        group = unique("group")
        aws(CENTRAL, "sagemaker", "create-model-package-group", "--model-package-group-name", group)
        arns = [
            aws(CENTRAL, "sagemaker", "create-model-package", "--model-package-group-name", group,
                "--inference-specification", json.dumps(inference()),
                "--model-life-cycle", "Stage=Dev,StageStatus=Pending")["ModelPackageArn"]
            for _ in range(2)
        ]  # fmt: skip
        aws(CENTRAL, "sagemaker", "update-model-package", "--model-package-arn", arns[1],
            "--model-approval-status", "Approved", "--customer-metadata-properties", "ticket=42")  # fmt: skip
        found = aws(CENTRAL, "sagemaker", "describe-model-package", "--model-package-name", arns[1])
        self.assertEqual({"ticket": "42"}, found["CustomerMetadataProperties"])
        listed = aws(CENTRAL, "sagemaker", "list-model-packages", "--model-package-group-name", group,
                     "--sort-order", "Ascending", "--page-size", "1",
                     "--query", "ModelPackageSummaryList[].[ModelPackageArn, ModelApprovalStatus]")  # fmt: skip
        self.assertEqual([arns[0], arns[1]], [row[0] for row in listed])
        self.assertEqual("Approved", listed[1][1])

    def test_an_endpoint_answers(self) -> None:
        endpoint = self.endpoint(self.config(champion=(self.model(artifact(7)), 1.0)))
        with tempfile.TemporaryDirectory() as name:
            request, answer = Path(name) / "request.csv", Path(name) / "answer"
            request.write_text("40,25\n")
            told = aws(CENTRAL, "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", endpoint,
                       "--content-type", "text/csv", "--body", f"fileb://{request}", str(answer))  # fmt: skip
            self.assertEqual("champion", told["InvokedProductionVariant"])
            self.assertIn("297", answer.read_text())


class Refusals(ConformanceTest):
    """What the CLI says when it is refused."""

    def test_errors_have_a_code_and_an_operation(self) -> None:
        none = unique("none")
        cases = {
            f"sagemaker describe-endpoint --endpoint-name {none}": r"\(ValidationException\).*DescribeEndpoint",
            f"s3api get-object --bucket {none} --key x {os.devnull}": r"\(NoSuchBucket\).*GetObject",
            f"iam get-role --role-name {none}": r"\(NoSuchEntity\).*GetRole",
        }
        for line, expected in cases.items():
            with self.subTest(line), self.assertRaisesRegex(CommandFailedError, expected):
                aws(CENTRAL, *line.split())
