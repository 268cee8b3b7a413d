"""Third step: index, code and libraries as the `model.tar.gz` that is registered and serves in every stage."""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILDS_ONLY = {"settings.py", "metrics.py", "tracking.py"}
"""Modules that need more than the container has, and that serving does not need."""


def files(index: Path, libraries: Path) -> Iterator[tuple[str, Path]]:
    """Names in the archive, and what is put there."""
    for directory, prefix in ((index, ""), (libraries, "code/lib/")):
        for path in directory.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield prefix + path.relative_to(directory).as_posix(), path
    yield "code/inference.py", HERE / "inference.py"
    for path in (HERE / "assistant").glob("*.py"):
        if path.name not in BUILDS_ONLY:
            yield f"code/assistant/{path.name}", path


def package(index: Path, libraries: Path, target: Path) -> None:
    """Writes the archive. The same files make the same bytes: no times, no owners, in order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for name, path in sorted(files(index, libraries)):
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mode = 0o644
            with path.open("rb") as content:
                archive.addfile(entry, content)


def install(target: Path) -> None:
    """The libraries that the container lacks."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(target)]
    subprocess.run([*command, "--requirement", str(HERE / "serving-requirements.txt")], check=True)


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=Path("/opt/ml/processing/input/index"))
    parser.add_argument("--target", type=Path, default=Path("/opt/ml/processing/output/model.tar.gz"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as libraries:
        install(Path(libraries))
        package(options.index, Path(libraries), options.target)


if __name__ == "__main__":
    main()
