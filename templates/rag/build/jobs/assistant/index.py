"""Where passages are found by their vectors: in memory, or in S3 Vectors.

Either way the files of the index are what was evaluated and approved; S3 Vectors is filled from them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from assistant.documents import Passage

PASSAGES = "passages.jsonl"
VECTORS = "vectors.npy"
PUT_AT_ONCE = 500
"""S3 Vectors takes at most so many vectors a call."""


@dataclass(frozen=True)
class Hit:
    """A passage, and how similar it is to the question: the cosine."""

    passage: Passage
    score: float


class Index(Protocol):
    """Finds passages."""

    def search(self, vector: np.ndarray, count: int) -> list[Hit]:
        """The most similar passages, best first."""


@dataclass(frozen=True)
class Content:
    """Passages and their vectors, row by row."""

    passages: Sequence[Passage]
    vectors: np.ndarray

    def __post_init__(self) -> None:
        """Refuses what does not fit together."""
        if self.vectors.ndim != 2 or len(self.passages) != len(self.vectors):
            raise ValueError(f"{len(self.passages)} passages, but vectors of shape {self.vectors.shape}")

    @property
    def digest(self) -> str:
        """Names the content: the same passages and vectors have the same."""
        state = sha256(np.ascontiguousarray(self.vectors, dtype="<f4").tobytes())
        for passage in self.passages:
            state.update(json.dumps(asdict(passage), sort_keys=True).encode())
        return state.hexdigest()

    def save(self, directory: Path) -> None:
        """Writes the files of the index."""
        directory.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(asdict(passage), ensure_ascii=False) + "\n" for passage in self.passages)
        (directory / PASSAGES).write_text("".join(lines), encoding="utf-8")
        np.save(directory / VECTORS, self.vectors.astype("<f4"), allow_pickle=False)

    @classmethod
    def load(cls, directory: Path) -> Content:
        """Reads them."""
        lines = (directory / PASSAGES).read_text(encoding="utf-8").splitlines()
        vectors = np.load(directory / VECTORS, allow_pickle=False)
        return cls([Passage(**json.loads(line)) for line in lines], vectors)


class MemoryIndex:
    """Compares with every passage: exact, and fast enough for some hundred thousand."""

    def __init__(self, content: Content) -> None:
        """Searches the content."""
        self.content = content

    def search(self, vector: np.ndarray, count: int) -> list[Hit]:
        """The most similar passages, best first; of equals the first."""
        scores = self.content.vectors @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [Hit(self.content.passages[row], float(scores[row])) for row in best]


class S3VectorsIndex:
    """An index of S3 Vectors that is named after its content, so that versions never mix."""

    def __init__(self, client: Any, bucket: str, content: Content) -> None:
        """Searches the content in the bucket, of the client of `s3vectors`."""
        self.client = client
        self.passages = {passage.key: passage for passage in content.passages}
        self.place = {"vectorBucketName": bucket, "indexName": f"passages-{content.digest[:40]}"}

    def fill(self, content: Content) -> None:
        """Makes the index and puts in what is missing: stopped anywhere and run again, it ends in the same state."""
        with suppress(self.client.exceptions.ConflictException):
            self.client.create_index(
                **self.place, dataType="float32", dimension=content.vectors.shape[1], distanceMetric="cosine"
            )
        pages = self.client.get_paginator("list_vectors").paginate(**self.place)
        there = {vector["key"] for page in pages for vector in page["vectors"]}
        missing = [
            {"key": passage.key, "data": {"float32": vector.tolist()}}
            for passage, vector in zip(content.passages, content.vectors, strict=True)
            if passage.key not in there
        ]
        for start in range(0, len(missing), PUT_AT_ONCE):
            self.client.put_vectors(**self.place, vectors=missing[start : start + PUT_AT_ONCE])

    def search(self, vector: np.ndarray, count: int) -> list[Hit]:
        """The most similar passages, best first."""
        found = self.client.query_vectors(
            **self.place, topK=count, queryVector={"float32": vector.tolist()}, returnDistance=True
        )
        # The service's distance is one minus the cosine.
        return [Hit(self.passages[one["key"]], 1 - one["distance"]) for one in found["vectors"]]
