"""Second step: how well the index finds what answers questions, and that it finds nothing where there is nothing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from assistant import metrics, tracking
from assistant.handler import retrieve
from assistant.index import Content, MemoryIndex
from assistant.profile import Profile
from ingest import bedrock

INPUTS = Path("/opt/ml/processing/input")


def evaluate(index: Path, questions: Path) -> dict[str, float]:
    """Metrics of the index, on questions about the documents that it was made from."""
    profile = Profile.load(index)
    content = Content.load(index / "index")
    asked = metrics.read(questions)
    known = {passage.section for passage in content.passages}
    unknown = sorted({section for one in asked for section in one.relevant} - known)
    if unknown:
        raise ValueError(f"questions name sections that no document has: {', '.join(unknown)}")
    retriever = retrieve(profile, MemoryIndex(content), None if profile.local else bedrock())
    measured = metrics.evaluate(retriever, asked)
    tracking.log("evaluate", asdict(profile) | {"index": content.digest}, measured)
    return measured


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=INPUTS / "index")
    parser.add_argument("--questions", type=Path, default=INPUTS / "questions" / "questions.jsonl")
    parser.add_argument("--target", type=Path, default=Path("/opt/ml/processing/output"))
    options = parser.parse_args()
    measured = evaluate(options.index, options.questions)
    report = {"retrieval_metrics": {name: {"value": value} for name, value in measured.items()}}
    options.target.mkdir(parents=True, exist_ok=True)
    (options.target / "evaluation.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
