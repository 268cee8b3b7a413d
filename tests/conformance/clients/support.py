"""What all client tests share: sessions per account, judged answers, refusals and waiting."""

from __future__ import annotations

import json
import os
import time
import unittest
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import boto3
from answers import AnswerJudge
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
# A 12-digit access key id acts as the administrator of that account.
MANAGEMENT = "100000000001"
CENTRAL = "200000000002"
TENANT = "300000000003"
STRANGER = "400000000004"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PATIENCE_SECONDS = 60.0

JUDGE = AnswerJudge()

T = TypeVar("T")


def require_loopback() -> str:
    """The endpoint under test; anything but this machine is refused, since the tests create and delete."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname not in LOOPBACK:
        raise SystemExit(f"AWS_ENDPOINT_URL must name a server on loopback, found {endpoint!r}")
    return endpoint


def isolate() -> None:
    """Leaves the process nothing of the caller's own AWS configuration."""
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL"]:
        del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
    }


def session(account: str) -> boto3.Session:
    """The administrator of an account."""
    return _judged(aws_access_key_id=account, aws_secret_access_key="any")


def role_session(credentials: dict[str, Any]) -> boto3.Session:
    """Whom AssumeRole made, from its `Credentials`."""
    return _judged(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _judged(**credentials: str) -> boto3.Session:
    made = boto3.Session(region_name=REGION, **credentials)
    JUDGE.watch(made)
    return made


def client(who: boto3.Session, service: str) -> Any:
    """A client that does not hide errors behind retries."""
    return who.client(service, config=Config(retries={"total_max_attempts": 1}))


def unique(name: str) -> str:
    """A name that no earlier run has used, so that a kept sandbox can be tested twice."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def policy(*statements: dict[str, Any]) -> str:
    """A policy document. S3 and the registry want it without newlines."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(actions: str | list[str], resources: str | list[str] = "*", **rest: Any) -> dict[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **rest}


def deny(actions: str | list[str], resources: str | list[str] = "*", **rest: Any) -> dict[str, Any]:
    """A Deny statement."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **rest}


def trust(*accounts: str, **condition: Any) -> str:
    """A trust policy that lets accounts assume a role, name its sessions' source and tag them."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            **({"Condition": condition} if condition else {}),
        }
    )


def eventually(attempt: Callable[[], T], passing: tuple[str, ...] = ("AccessDenied", "AccessDeniedException")) -> T:
    """Repeats what a new role or policy does not reach at once; gives up after a while with the last error."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return attempt()
        except ClientError as error:
            if error.response["Error"]["Code"] not in passing or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def until(attempt: Callable[[], Any], accept: Callable[[Any], bool]) -> Any:
    """Repeats a read until its answer is accepted; gives the last answer either way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not accept(answer := attempt()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def assume(account: str, role_name: str, statements: list[dict[str, Any]], trusted: str) -> boto3.Session:
    """Makes a role in `account` that may do `statements`, and assumes it from the account `trusted`."""
    iam = client(session(account), "iam")
    role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust(trusted))["Role"]
    iam.put_role_policy(RoleName=role_name, PolicyName="may", PolicyDocument=policy(*statements))
    sts = client(session(trusted), "sts")
    answer = eventually(lambda: sts.assume_role(RoleArn=role["Arn"], RoleSessionName="conformance"))
    return role_session(answer["Credentials"])


class ConformanceTest(unittest.TestCase):
    """A test that also fails when any answer it saw was not as AWS's model says."""

    maxDiff = None
    judge: ClassVar[AnswerJudge] = JUDGE

    def setUp(self) -> None:
        """Starts with a clean record."""
        self._seen = len(self.judge.violations)

    def tearDown(self) -> None:
        """Fails on what the judge found meanwhile."""
        found = dict.fromkeys(self.judge.violations[self._seen :])
        self.assertEqual([], list(found), "answers differ from AWS's service model")

    @contextmanager
    def refused(self, *codes: str, status: int | None = None, says: str = "") -> Iterator[None]:
        """The call within must fail with one of `codes`, the HTTP `status`, and words that contain `says`."""
        with self.assertRaises(ClientError) as caught:
            yield
        response = caught.exception.response
        self.assertIn(response["Error"]["Code"], codes)
        if status is not None:
            self.assertEqual(status, response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertIn(says.lower(), response["Error"].get("Message", "").lower())
