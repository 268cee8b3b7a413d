"""Asks the assistant on this machine: `python jobs/ask.py --index out "Who approves?"`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from assistant import handler


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True, help="what `ingest.py` wrote")
    parser.add_argument("question")
    options = parser.parse_args()
    import boto3

    assistant = handler.load(options.index, os.environ, boto3.client)
    answer = handler.respond(assistant, json.dumps({"question": options.question}), handler.JSON)
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
