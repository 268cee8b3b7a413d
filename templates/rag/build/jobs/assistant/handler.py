"""The assistant behind an endpoint: assembled from its files and the stage's environment, asked by JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.answering import Assistant, Retriever
from assistant.embedders import embedder
from assistant.generators import BedrockGenerator, ExtractiveGenerator
from assistant.guards import BedrockGuard, FailClosed, RuleGuard
from assistant.index import Content, Index, MemoryIndex, S3VectorsIndex
from assistant.profile import Profile

GUARDRAIL = "ASSISTANT_GUARDRAIL_ID"
GUARDRAIL_VERSION = "ASSISTANT_GUARDRAIL_VERSION"
VECTOR_BUCKET = "ASSISTANT_VECTOR_BUCKET"
LONGEST_QUESTION = 2000
JSON = "application/json"

Clients = Callable[[str], Any]


class BadRequestError(Exception):
    """A request that is the caller's mistake."""

    def __init__(self, status: int, message: str) -> None:
        """With the HTTP status that says which."""
        super().__init__(message)
        self.status = status


def load(directory: Path, environment: Mapping[str, str], clients: Clients) -> Assistant:
    """The assistant of a directory with an index. `clients` makes a client of an AWS service."""
    profile = Profile.load(directory)
    content = Content.load(directory / "index")
    if profile.local:
        retriever = retrieve(profile, MemoryIndex(content), None)
        return Assistant(retriever, ExtractiveGenerator(), FailClosed(RuleGuard()))
    # Nothing is served unguarded because somebody forgot a setting.
    missing = [name for name in (GUARDRAIL, GUARDRAIL_VERSION) if not environment.get(name)]
    if missing:
        raise ValueError(f"no guardrail: set {' and '.join(missing)} in the deploy configuration of the stage")
    bedrock = clients("bedrock-runtime")
    return Assistant(
        retrieve(profile, stored(content, environment.get(VECTOR_BUCKET), clients), bedrock),
        BedrockGenerator(bedrock, profile.generation_model, profile.maximum_tokens),
        FailClosed(BedrockGuard(bedrock, environment[GUARDRAIL], environment[GUARDRAIL_VERSION])),
    )


def retrieve(profile: Profile, index: Index, bedrock: Any) -> Retriever:
    """Search as the profile has it."""
    embeds = embedder(profile.embedder, profile.dimension, bedrock)
    return Retriever(embeds, index, profile.passages, profile.minimum_score)


def stored(content: Content, bucket: str | None, clients: Clients) -> Index:
    """The index in S3 Vectors if the stage has a bucket for it, else in memory."""
    if not bucket:
        return MemoryIndex(content)
    index = S3VectorsIndex(clients("s3vectors"), bucket, content)
    index.fill(content)
    return index


def respond(assistant: Assistant, body: str | bytes, content_type: str) -> dict[str, Any]:
    """Answers `{"question": ...}`."""
    return asdict(assistant.answer(question(body, content_type)))


def question(body: str | bytes, content_type: str) -> str:
    """The question of a request, or what is wrong with it."""
    if content_type.split(";")[0].strip().lower() != JSON:
        raise BadRequestError(415, f"send {JSON}")
    try:
        request = json.loads(body)
    except ValueError as error:
        raise BadRequestError(400, "not JSON") from error
    asked = request.get("question") if isinstance(request, dict) else None
    if not isinstance(asked, str) or not asked.strip():
        raise BadRequestError(400, 'send {"question": "..."}')
    if len(asked) > LONGEST_QUESTION:
        raise BadRequestError(400, f"a question has at most {LONGEST_QUESTION} characters")
    return asked.strip()
