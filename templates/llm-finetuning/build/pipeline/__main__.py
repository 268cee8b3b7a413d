"""Checks, shows and runs the pipeline: `python -m pipeline check`, `definition` or `run`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "jobs"))

from llm import settings
from pipeline import command

if __name__ == "__main__":
    sys.exit(command.main(settings.load))
