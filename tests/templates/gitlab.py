"""Which jobs of a rendered GitLab pipeline an event starts."""

from collections.abc import Iterable, Mapping
from typing import Any

from expressions import holds
from paths import gitlab_changes
from rendered import Repository

_WORDS = {"stages", "default", "variables", "include", "workflow"}


def pipeline(repository: Repository) -> dict[str, Any]:
    """`.gitlab-ci.yml` with what it includes."""
    main = repository.yaml(".gitlab-ci.yml")
    for include in main.pop("include"):
        main |= repository.yaml(include["local"])
    return main


def _variables(pipeline: dict[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    defaults = {name: one["value"] if isinstance(one, dict) else one for name, one in pipeline["variables"].items()}
    return {"CI_DEFAULT_BRANCH": "main", **defaults, **variables}


def _met(rules: list[dict[str, Any]], variables: Mapping[str, str], changed: Iterable[str]) -> bool:
    """Whether one of `rules` is met: all of its conditions hold."""
    for rule in rules:
        # Changes are known of pushes and merge requests; elsewhere such a rule is met.
        known = variables["CI_PIPELINE_SOURCE"] in ("push", "merge_request_event")
        if holds(rule["if"], variables) and (
            "changes" not in rule or not known or gitlab_changes(rule["changes"], changed)
        ):
            return rule.get("when") != "never"
    return False


def jobs(repository: Repository, variables: Mapping[str, str], changed: Iterable[str] = ()) -> set[str]:
    """The names of the jobs that run."""
    found = pipeline(repository)
    values = _variables(found, variables)
    if not _met(found["workflow"]["rules"], values, changed):
        return set()
    named = {name: job for name, job in found.items() if name not in _WORDS and not name.startswith(".")}
    return {name for name, job in named.items() if _met(job["rules"], values, changed)}
