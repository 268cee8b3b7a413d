"""`python -m pipeline check`, `local`, `definition` or `run`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1]
# The jobs' modules lie in one folder, as they do in their containers.
sys.path.insert(0, str(BUILD / "jobs"))

import settings  # noqa: E402

from pipeline import project  # noqa: E402


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="The pipeline that builds the model.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="say what is wrong with jobs/settings.toml and cicd-config.json")
    local = verbs.add_parser("local", help="run the steps on this machine, without AWS")
    local.add_argument("--source", type=Path, help="CSV file or folder; default: scikit-learn's diabetes data")
    local.add_argument("--output", type=Path, help="where the results go; default: a new temporary folder")
    verbs.add_parser("definition", help="print the definition; uploads the code of the jobs")
    run = verbs.add_parser("run", help="run it in dev, wait, and print the version that it registered")
    commit = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or "unknown"
    run.add_argument("--commit", default=commit, help="commit that the model is built from")
    return parser.parse_args()


def main() -> int:
    """Entry point."""
    given = options()
    try:
        wanted = settings.load()
        if given.verb == "local":
            from pipeline import local

            return local.run(wanted, given.source, given.output or Path(tempfile.mkdtemp(prefix="regression-")))
        where = project.load()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if given.verb == "check":
        return 0
    # The SDK makes a client while it is imported.
    os.environ.setdefault("AWS_DEFAULT_REGION", where.region)
    from pipeline import runner

    try:
        print(
            runner.definition(where, wanted) if given.verb == "definition" else runner.run(where, wanted, given.commit)
        )
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
