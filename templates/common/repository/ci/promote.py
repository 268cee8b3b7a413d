"""Deploys a version of a model to test or prod with aiops, and tells CI how that went.

    python ci/promote.py MODEL VERSION test|prod

Whether it may, the central registry says: what is refused there is an error of the job here. It is safe to run again,
for the same version as well.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# `aiops help exit-codes`.
MEANING = {
    1: "failed",
    2: "aiops.yaml or the command is wrong",
    3: "partly done",
    4: "no AWS credentials",
    5: "refused, or not approved yet",
    6: "rolled back to what served before",
    130: "cancelled",
}


def run(command: list[str], folder: Path) -> tuple[int, dict[str, Any] | None, dict[str, Any] | None]:
    """Runs aiops: its exit code, its answer, and its error if it has one. Progress is passed on as it comes."""
    error = None
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        # The answer is one short document: it cannot fill the pipe while progress is read.
        for line in process.stderr:
            if line.startswith('{"error":'):
                error = json.loads(line)["error"]
            else:
                print(line, end="", file=sys.stderr, flush=True)
        answer = process.stdout.read()
    return process.returncode, json.loads(answer) if answer.strip() else None, error


def annotation(title: str, message: str) -> str:
    """An error as GitHub shows it beside the run; elsewhere a line of the log."""
    if "GITHUB_ACTIONS" not in os.environ:
        return f"{title}: {message}"
    for character, escape in {"%": "%25", "\r": "%0D", "\n": "%0A"}.items():
        title, message = title.replace(character, escape), message.replace(character, escape)
    return f"::error title={title.replace(':', '%3A').replace(',', '%2C')}::{message}"


def explanation(error: dict[str, Any]) -> str:
    """All that aiops says about an error, one thing a line."""
    return "\n".join(
        [
            error["message"],
            *(f"caused by: {cause}" for cause in error["causes"]),
            *(f"hint: {hint}" for hint in error["hints"]),
            *([f"AWS request id: {error['request_id']}"] if error["request_id"] else []),
        ]
    )


def summary(title: str, rows: dict[str, Any]) -> str:
    """A table in Markdown that shows text as it is, whatever it holds."""

    def cell(value: Any) -> str:
        text = str(value).replace("&", "&amp;").replace("<", "&lt;")
        return re.sub(r"([\\`*_\[\]|~])", r"\\\1", text).replace("\n", "<br>")

    lines = [f"| {cell(name)} | {cell(value)} |" for name, value in rows.items() if value is not None]
    return "\n".join([f"### {cell(title)}", "", "| | |", "| --- | --- |", *lines, "", ""])


def facts(answer: dict[str, Any]) -> dict[str, Any]:
    """What people want to know of a deployment."""
    lifecycle, test = answer.get("lifecycle") or {}, answer.get("smoke_test") or {}
    return {
        "Endpoint": answer.get("endpoint"),
        "Progress": answer.get("progress"),
        "Lifecycle": "/".join(lifecycle.values()) or None,
        "Smoke test": test.get("status"),
        "Failure": test.get("failure"),
        "Version in central": answer.get("central_arn"),
    }


def main() -> None:
    """Deploys it."""
    model, version, stage = sys.argv[1:]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", model):
        raise SystemExit(f"{model!r} is no name of a model")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise SystemExit(f"{version!r} is no version: it is the number that the model has in dev")
    if stage not in ("test", "prod"):
        raise SystemExit(f"{stage!r} is neither test nor prod")
    config = json.loads((ROOT / "cicd-config.json").read_text(encoding="utf-8"))
    tenant, folder = config["project"]["tenant"], ROOT / config["repositories"]["deploy"]["folder"]
    # What the lead has approved may not be in the central registry yet.
    for destination in ["central", stage] if stage == "test" else [stage]:
        command = ["aiops", "promote", f"{model}:{version}", "--to", destination, "--tenant", tenant, "--yes"]
        code, answer, error = run([*command, "--output", "json"], folder)
        if code != 0:
            break
    outcome = MEANING.get(code, f"exit code {code}") if code else "done"
    title = f"{model}:{version} to {destination}: {outcome}"
    report = facts(answer or {})
    if error is not None:
        report["Error"] = explanation(error)
    if not code:
        print(title)
    else:
        print(annotation(title, str(report.get("Error") or report["Failure"] or "the log says more")))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(summary(title, report))
    elif answer:
        print(json.dumps(answer, indent=2))
    sys.exit(code)


if __name__ == "__main__":
    main()
