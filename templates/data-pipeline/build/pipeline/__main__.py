"""Makes a release of the job, runs it in dev, and prints the release's name: `python -m pipeline run`.

It takes whatever AWS credentials there are, and needs those of the dev account.
"""

import argparse
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

BUILD = Path(__file__).resolve().parents[1]
# `delivery` is at the root of the repository, which is this folder or the one above.
sys.path.append(str(next(folder for folder in (BUILD, *BUILD.parents) if (folder / "cicd-config.json").is_file())))

from delivery import project, release, runs  # noqa: E402
from delivery.__main__ import deliver, summarize  # noqa: E402


def run() -> str:
    """Does it; returns the release's name."""
    where = project.load()
    dev = where.stages["dev"]
    session = boto3.Session(region_name=dev.region)
    archive = release.build(BUILD)
    name = release.keep(archive, where, session.client("s3"))
    deliver(where, dev, BUILD / "dev.yaml", archive, session)
    return name


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    parser.add_subparsers(required=True).add_parser("run")
    parser.parse_args()
    try:
        name = run()
    except (BotoCoreError, ClientError, OSError, ValueError, runs.DeliveryError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(name)
    summarize(f"Release `{name}` runs in dev. The workflow *deploy* brings it to test.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
