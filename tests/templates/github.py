"""Which jobs of the rendered GitHub workflows an event starts."""

from collections.abc import Iterable, Mapping
from typing import Any

from expressions import holds
from paths import github_triggers
from rendered import Repository


def workflows(repository: Repository) -> dict[str, dict[Any, Any]]:
    """The workflows by the name of their file."""
    folder = repository.path / ".github/workflows"
    return {path.name: repository.yaml(f".github/workflows/{path.name}") for path in sorted(folder.iterdir())}


def jobs(
    repository: Repository, event: str, values: Mapping[str, Any], changed: Iterable[str] = (), only: str | None = None
) -> set[str]:
    """The jobs that run, as WORKFLOW/JOB. `values` are what conditions may ask: `github.ref`, `inputs.stage` ..."""
    values = {"github.event_name": event, "github.ref": "refs/heads/main", **values}
    found = set()
    for name, workflow in workflows(repository).items():
        if event not in workflow["on"] or only not in (None, name):
            continue
        trigger = workflow["on"][event] or {}
        branch = values["github.ref"].removeprefix("refs/heads/")
        if "branches" in trigger and branch not in trigger["branches"]:
            continue
        if "paths" in trigger and not github_triggers(trigger["paths"], changed):
            continue
        started = {job for job, one in workflow["jobs"].items() if holds(one.get("if", "true"), values)}
        found |= {f"{name}/{job}" for job in started if set(_needs(workflow["jobs"][job])) <= started}
    return found


def _needs(job: dict[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs
