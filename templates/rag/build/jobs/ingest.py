"""First step: cuts documents into passages, embeds them, and leaves the files of the index."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant import documents, profile, settings
from assistant.embedders import embedder
from assistant.index import Content


def ingest(source: Path, target: Path, wanted: profile.Profile, maximum_words: int) -> Content:
    """Writes index and profile."""
    passages = documents.read(source, maximum_words)
    embeds = embedder(wanted.embedder, wanted.dimension, None if wanted.local else bedrock())
    content = Content(passages, embeds.embed([passage.content for passage in passages]))
    content.save(target / "index")
    wanted.save(target)
    return content


def bedrock() -> object:
    """A client of Bedrock's runtime that waits when it is throttled."""
    import boto3
    from botocore.config import Config

    return boto3.client("bedrock-runtime", config=Config(retries={"mode": "adaptive", "max_attempts": 10}))


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=Path("/opt/ml/processing/input/documents"))
    parser.add_argument("--target", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--local", action="store_true", help="hashed words in place of a model")
    options = parser.parse_args()
    committed = settings.load()
    wanted = (profile.on_laptop if options.local else profile.in_aws)(committed)
    content = ingest(options.documents, options.target, wanted, committed.documents.maximum_words)
    sys.stdout.write(f"{len(content.passages)} passages, {content.digest}\n")


if __name__ == "__main__":
    main()
