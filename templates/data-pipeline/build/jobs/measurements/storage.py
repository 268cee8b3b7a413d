"""Where files are: below a bucket in the cloud, below a directory on a laptop and in tests."""

from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """Files by key, as in S3: parts joined by slashes, no slash in front."""

    def find(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, in order."""

    def read(self, key: str) -> bytes:
        """The content of a file."""

    def write(self, key: str, content: bytes) -> None:
        """Makes or replaces a file."""

    def uri(self, key: str) -> str:
        """Where others find it."""


class Bucket:
    """A bucket of S3."""

    def __init__(self, name: str, s3: Any) -> None:
        """The bucket called `name`, through a client."""
        self._name, self._s3 = name, s3

    def find(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, in order; what stands for a folder is none."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return sorted(key for key in keys if not key.endswith("/"))

    def read(self, key: str) -> bytes:
        """The content of an object."""
        return self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()

    def write(self, key: str, content: bytes) -> None:
        """Makes or replaces an object."""
        self._s3.put_object(Bucket=self._name, Key=key, Body=content)

    def uri(self, key: str) -> str:
        """Its address."""
        return f"s3://{self._name}/{key}"


class Directory:
    """A directory."""

    def __init__(self, root: Path) -> None:
        """The directory at `root`."""
        self._root = root

    def find(self, prefix: str) -> list[str]:
        """All files whose path below the directory begins with `prefix`, in order."""
        files = (path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file())
        return sorted(key for key in files if key.startswith(prefix))

    def read(self, key: str) -> bytes:
        """The content of a file."""
        return (self._root / key).read_bytes()

    def write(self, key: str, content: bytes) -> None:
        """Makes or replaces a file and the directories above it."""
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def uri(self, key: str) -> str:
        """Its path."""
        return str(self._root / key)


def store(root: str) -> Store:
    """The store at `root`: `s3://bucket` or a directory."""
    if root.startswith("s3://"):
        import boto3

        return Bucket(root.removeprefix("s3://").rstrip("/"), boto3.client("s3"))
    return Directory(Path(root))
