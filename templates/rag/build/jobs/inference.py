"""What the serving container calls: AWS's PyTorch container, without any PyTorch."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
# First what was packed with the model, so that it runs on what it was tested with.
sys.path[:0] = [str(HERE / "lib"), str(HERE)]

from assistant import handler  # noqa: E402
from assistant.answering import Assistant  # noqa: E402


def model_fn(model_dir: str) -> Assistant:
    """Called once, when a worker starts."""
    import boto3
    from botocore.config import Config

    # An invocation of the endpoint ends after a minute, whether or not somebody still waits for Bedrock.
    config = Config(connect_timeout=5, read_timeout=25, retries={"mode": "standard", "max_attempts": 2})
    clients = partial(boto3.client, region_name=os.environ.get("AWS_REGION"), config=config)
    return handler.load(Path(model_dir), os.environ, clients)


def transform_fn(model: Assistant, body: str | bytes, content_type: str, accept: str) -> tuple[str, str]:
    """Called for every request. The answer is JSON, whatever is accepted."""
    from sagemaker_inference.errors import BaseInferenceToolkitError

    try:
        return json.dumps(handler.respond(model, body, content_type)), handler.JSON
    except handler.BadRequestError as error:
        # The toolkit sends the traceback along.
        raise BaseInferenceToolkitError(error.status, str(error), str(error)) from None
