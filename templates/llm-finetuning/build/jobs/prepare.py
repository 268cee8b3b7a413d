"""First step: examples of Python's docstrings, or the team's own, split and written as JSON Lines."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from llm import docstrings, settings
from llm.examples import Example, read, split, unique, write


def own_examples(directory: Path) -> Iterable[Example]:
    """The team's examples, file by file."""
    files = sorted(directory.rglob("*.jsonl"))
    if not files:
        raise ValueError(f"no *.jsonl in {directory}")
    for path in files:
        yield from read(path)


def prepare(data: settings.Data, source: Path | None, target: Path) -> Counter[str]:
    """Writes a file for every split; returns their sizes."""
    found = own_examples(source) if source else docstrings.examples()
    # A slice of the front would be whole packages; every n-th example is something of all.
    everything = list(unique(found))
    stride = -(-len(everything) // data.maximum_examples)
    parts = split(islice(everything, 0, None, max(stride, 1)), data.validation_share, data.test_share)
    for name, part in parts.items():
        write(part, target / name / "examples.jsonl")
    return Counter({name: len(part) for name, part in parts.items()})


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, help="directory of the team's own examples")
    parser.add_argument("--target", type=Path, default=Path("/opt/ml/processing/output"))
    options = parser.parse_args()
    sizes = prepare(settings.load().data, options.source, options.target)
    sys.stdout.write(", ".join(f"{name}: {size} examples" for name, size in sizes.items()) + "\n")


if __name__ == "__main__":
    main()
