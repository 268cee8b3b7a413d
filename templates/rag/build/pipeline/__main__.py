"""Checks, shows and runs the pipeline: `python -m pipeline check`, `definition` or `run`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "jobs"))

from assistant import settings

from pipeline import project


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="say what is wrong with config.yaml and cicd-config.json")
    verbs.add_parser("definition", help="upload the jobs' code and print the definition")
    run = verbs.add_parser("run", help="bring the pipeline up to date, start it and wait; print what was registered")
    commit = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or "unknown"
    run.add_argument("--commit", default=commit, help="commit that the model is built from")
    return parser.parse_args()


def main() -> int:
    """Entry point."""
    options = arguments()
    try:
        wanted, where = settings.load(), project.load()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.verb == "check":
        return 0
    # The SDK makes a client while it is imported, and fails where no Region is set.
    os.environ.setdefault("AWS_DEFAULT_REGION", where.region)
    from pipeline import runner

    if options.verb == "definition":
        sys.stdout.write(runner.definition(where, wanted) + "\n")
        return 0
    return runner.run(where, wanted, options.commit)


if __name__ == "__main__":
    sys.exit(main())
