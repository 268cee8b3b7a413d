"""What turns texts into vectors of length one: Bedrock's Titan in AWS, hashed words on a laptop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from assistant.text import terms

LOCAL = "hashing"


class Embedder(Protocol):
    """Texts that mean the same get vectors that point the same way."""

    name: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """A row for every text."""


class HashingEmbedder:
    """Words and pairs of words, hashed to dimensions: knows no meaning, but needs no model either."""

    name = LOCAL

    def __init__(self, dimension: int) -> None:
        """Vectors get so many dimensions."""
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """A row for every text."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = terms(text)
            features = Counter(words) + Counter(" ".join(pair) for pair in pairwise(words))
            for feature, count in features.items():
                digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "big")
                row[digest % self.dimension] += (1 if digest >> 63 else -1) * (1 + np.log(count))
        return normalised(rows)


class TitanEmbedder:
    """Titan Text Embeddings V2 on Amazon Bedrock."""

    def __init__(self, client: Any, model: str, dimension: int) -> None:
        """Calls by the client, of `bedrock-runtime`."""
        self.client = client
        self.name = model
        self.dimension = dimension

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """A row for every text. The model takes one text a call."""
        return normalised(np.array([self.of_text(text) for text in texts], dtype=np.float32))

    def of_text(self, text: str) -> list[float]:
        """A vector."""
        request = {"inputText": text, "dimensions": self.dimension, "normalize": True}
        response = self.client.invoke_model(modelId=self.name, body=json.dumps(request))
        return json.loads(response["body"].read())["embedding"]


def normalised(rows: np.ndarray) -> np.ndarray:
    """Rows of length one; what has no direction stays nothing."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def embedder(name: str, dimension: int, bedrock: Any) -> Embedder:
    """The embedder of that name."""
    return HashingEmbedder(dimension) if name == LOCAL else TitanEmbedder(bedrock, name, dimension)
