"""Makes the pipeline's definition with the SDK, which writes to S3 while it does: here nothing leaves the machine."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pipeline.project import Project


class Body(io.BytesIO):
    """A response's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it."""
        yield self.getvalue()


def answer(request: Any, **_: Any) -> Any:
    """S3 takes what it is given; everything else is denied."""
    from botocore.awsrequest import AWSResponse

    if ".s3." not in request.url and "//s3." not in request.url:
        refusal = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>offline</Message></Error></ErrorResponse>"
        return AWSResponse(request.url, 403, {}, Body(refusal))
    listing = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>" if request.method == "GET" else b""
    return AWSResponse(request.url, 200, {}, Body(listing))


def definition(where: Project, settings: Any) -> dict[str, Any]:
    """The definition, as SageMaker would get it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "offline")
        patch.setenv("AWS_DEFAULT_REGION", where.region)
        import boto3
        from pipeline.definition import build
        from pipeline.parts import session

        boto_session = boto3.Session(region_name=where.region)
        boto_session.events.register("before-send", answer)
        return json.loads(build(where, settings, session(where, boto_session)).definition())
