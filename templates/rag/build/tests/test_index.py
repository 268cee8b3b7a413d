"""Embedding and search, and S3 Vectors against AWS's own model of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from assistant.documents import Passage
from assistant.embedders import HashingEmbedder, TitanEmbedder
from assistant.index import PUT_AT_ONCE, Content, MemoryIndex, S3VectorsIndex
from botocore.stub import Stubber

BUCKET = "vectors-of-the-stage"


def passages(count: int) -> list[Passage]:
    """Some."""
    return [Passage(f"d#s{n}/0", f"d#s{n}", f"Title {n}", f"text {n}") for n in range(count)]


def client(service: str) -> Any:
    """A client that reaches nobody."""
    return boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_similar_texts_are_near_each_other() -> None:
    """However their words are bent; vectors have length one, and nothing in common is at a right angle."""
    rows = HashingEmbedder(4096).embed(["Who approves a version?", "approvals of versions", "baking bread", ""])
    similarity = rows @ rows.T
    assert similarity[0, 1] > 0.5 > abs(similarity[0, 2])
    assert np.allclose(np.linalg.norm(rows[:3], axis=1), 1)
    assert not rows[3].any()


def test_titan_is_asked_as_it_wants() -> None:
    """Against the model of the API."""
    bedrock = client("bedrock-runtime")
    answer = {"body": io.BytesIO(b'{"embedding": [3.0, 4.0]}'), "contentType": "application/json"}
    request = {"inputText": "text", "dimensions": 2, "normalize": True}
    with Stubber(bedrock) as stub:
        stub.add_response("invoke_model", answer, {"modelId": "titan", "body": json.dumps(request)})
        assert TitanEmbedder(bedrock, "titan", 2).embed(["text"]) == pytest.approx(np.array([[0.6, 0.8]]))


def test_files_come_back(content: Content, tmp_path: Path) -> None:
    """With the same digest, which changes with any of it."""
    content.save(tmp_path)
    again = Content.load(tmp_path)
    assert again.passages == content.passages
    assert again.digest == content.digest
    assert Content(content.passages, -content.vectors).digest != content.digest
    assert Content(content.passages[::-1], content.vectors).digest != content.digest


def test_what_does_not_fit_together_is_refused() -> None:
    """A vector short."""
    with pytest.raises(ValueError, match="3 passages"):
        Content(passages(3), np.zeros((2, 4)))


def test_memory_finds_the_nearest() -> None:
    """Best first, no more than wanted."""
    index = MemoryIndex(Content(passages(3), np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)))
    hits = index.search(np.array([0, 1], dtype=np.float32), 2)
    assert [(hit.passage.section, round(hit.score, 2)) for hit in hits] == [("d#s2", 1.0), ("d#s1", 0.8)]


def test_s3_vectors_gets_what_is_missing() -> None:
    """In calls that are small enough, into an index that is named after the content."""
    vectors = client("s3vectors")
    content = Content(passages(PUT_AT_ONCE + 3), np.ones((PUT_AT_ONCE + 3, 2), dtype=np.float32))
    index = S3VectorsIndex(vectors, BUCKET, content)
    assert index.place == {"vectorBucketName": BUCKET, "indexName": f"passages-{content.digest[:40]}"}
    rest = [{"key": one.key, "data": {"float32": [1.0, 1.0]}} for one in content.passages[2:]]
    with Stubber(vectors) as stub:
        stub.add_client_error("create_index", "ConflictException")
        stub.add_response("list_vectors", {"vectors": [{"key": "d#s0/0"}], "nextToken": "more"}, index.place)
        stub.add_response("list_vectors", {"vectors": [{"key": "d#s1/0"}]}, index.place | {"nextToken": "more"})
        stub.add_response("put_vectors", {}, index.place | {"vectors": rest[:PUT_AT_ONCE]})
        stub.add_response("put_vectors", {}, index.place | {"vectors": rest[PUT_AT_ONCE:]})
        index.fill(content)
        stub.assert_no_pending_responses()


def test_s3_vectors_is_searched() -> None:
    """Its distances become similarities."""
    vectors = client("s3vectors")
    index = S3VectorsIndex(vectors, BUCKET, Content(passages(2), np.eye(2, dtype=np.float32)))
    request = index.place | {"topK": 1, "queryVector": {"float32": [0.0, 1.0]}, "returnDistance": True}
    with Stubber(vectors) as stub:
        found = {"vectors": [{"key": "d#s1/0", "distance": 0.25}], "distanceMetric": "cosine"}
        stub.add_response("query_vectors", found, request)
        (hit,) = index.search(np.array([0, 1], dtype=np.float32), 1)
    assert (hit.passage.section, hit.score) == ("d#s1", 0.75)
