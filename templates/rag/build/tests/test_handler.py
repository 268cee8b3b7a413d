"""The assistant behind its endpoint, as it is packed."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from assistant import handler, profile, settings
from assistant.answering import Assistant
from assistant.index import Content, MemoryIndex
from package import package


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{not json", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"question": 7}', "application/json", 400),
        ('{"question": "  "}', "application/json", 400),
        (json.dumps({"question": "why " * 600}), "application/json", 400),
        ('{"question": "Who?"}', "text/csv", 415),
    ],
)
def test_bad_requests_are_the_callers_mistake(assistant: Assistant, body: str, content_type: str, status: int) -> None:
    """By HTTP status."""
    with pytest.raises(handler.BadRequestError) as refused:
        handler.respond(assistant, body, content_type)
    assert refused.value.status == status


def test_bytes_and_parameters_of_types_are_taken(assistant: Assistant) -> None:
    """As containers hand them over."""
    answer = handler.respond(assistant, b'{"question": "Who approves?"}', "application/json; charset=utf-8")
    assert json.loads(json.dumps(answer))["citations"]


@pytest.fixture
def for_aws(content: Content, wanted: settings.Settings, tmp_path: Path) -> Path:
    """An index as the pipeline leaves it."""
    content.save(tmp_path / "index")
    profile.in_aws(wanted).save(tmp_path)
    return tmp_path


def test_nothing_starts_unguarded(for_aws: Path, no_clients: Callable[[str], Any]) -> None:
    """An empty setting is none."""
    with pytest.raises(ValueError, match="ASSISTANT_GUARDRAIL_ID"):
        handler.load(for_aws, {handler.GUARDRAIL: "", handler.GUARDRAIL_VERSION: "1"}, no_clients)


def test_without_a_bucket_the_index_is_in_memory(for_aws: Path) -> None:
    """Only Bedrock is called then."""
    called: list[str] = []
    environment = {handler.GUARDRAIL: "abc123", handler.GUARDRAIL_VERSION: "1"}
    loaded = handler.load(for_aws, environment, called.append)
    assert isinstance(loaded.retriever.index, MemoryIndex)
    assert called == ["bedrock-runtime"]


@pytest.fixture(scope="module")
def unpacked(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the container gets."""
    work = tmp_path_factory.mktemp("package")
    (work / "libraries" / "somewhere").mkdir(parents=True)
    (work / "libraries" / "somewhere" / "__init__.py").write_text("PACKED = True\n", encoding="utf-8")
    package(directory, work / "libraries", work / "one.tar.gz")
    package(directory, work / "libraries", work / "two.tar.gz")
    assert (work / "one.tar.gz").read_bytes() == (work / "two.tar.gz").read_bytes()
    with tarfile.open(work / "one.tar.gz") as archive:
        archive.extractall(work / "model", filter="data")
    return work / "model"


def test_the_package_stands_on_its_own(unpacked: Path) -> None:
    """With its own libraries, in a Python that sees nothing else of this repository, nor what only builds need."""
    script = """
import sys
sys.modules |= {n: type(sys)(n) for n in ("sagemaker_inference", "sagemaker_inference.errors")}
sys.modules["sagemaker_inference.errors"].BaseInferenceToolkitError = RuntimeError
sys.modules |= {"yaml": None, "pydantic": None}
sys.path.insert(0, sys.argv[1] + "/code")
import inference, somewhere
print(inference.transform_fn(inference.model_fn(sys.argv[1]), sys.argv[2], "application/json", "*/*")[0])
"""
    asked = json.dumps({"question": "How fast is an incident of severity one answered?"})
    done = subprocess.run(
        [sys.executable, "-c", script, str(unpacked), asked],
        cwd=unpacked,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "fifteen minutes" in json.loads(done.stdout)["answer"]


@pytest.fixture
def toolkit(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Exception]]:
    """The toolkit in this process."""

    class ToolkitError(Exception):
        pass

    errors = ModuleType("sagemaker_inference.errors")
    errors.BaseInferenceToolkitError = ToolkitError
    monkeypatch.setitem(sys.modules, "sagemaker_inference", ModuleType("sagemaker_inference"))
    monkeypatch.setitem(sys.modules, "sagemaker_inference.errors", errors)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield ToolkitError


def test_the_container_is_told_the_status(assistant: Assistant, toolkit: type[Exception]) -> None:
    """In its own exception: anything else would be an error of the server."""
    import inference

    with pytest.raises(toolkit) as refused:
        inference.transform_fn(assistant, "{not json", "application/json", "*/*")
    assert refused.value.args[0] == 400
