"""Judges the requests that aiops sends to GitHub and GitLab by what others know about their APIs.

Reads a line of JSON for each: host (github or gitlab), method, path without query, body. What is sent to GitHub must be
what GitHub's own description of its API asks for, from which GitHubKit's models are made. What is sent to GitLab must
have the attributes that python-gitlab knows, and those that it needs. Exit code 1 on any difference.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from githubkit_schemas.latest import models
from gitlab.v4 import objects
from pydantic import ValidationError

# GitHub's paths that aiops writes to, as its description has them. A model is named after path and method, if the
# description does not give it a name of its own.
GITHUB = {
    "/orgs/{org}/repos": {},
    "/user/repos": {},
    "/repos/{owner}/{repo}/rulesets": {},
    "/repos/{owner}/{repo}/rulesets/{ruleset_id}": {},
    "/repos/{owner}/{repo}/actions/variables": {},
    "/repos/{owner}/{repo}/actions/variables/{name}": {},
    "/repos/{owner}/{repo}/actions/secrets/{secret_name}": {},
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": {},
    "/repos/{owner}/{repo}/environments/{environment_name}": {},
    "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": {
        "POST": "DeploymentBranchPolicyNamePatternWithType",
    },
    "/repos/{owner}/{repo}/pulls": {},
    "/repos/{owner}/{repo}/pulls/{pull_number}": {},
}

# GitLab's paths, and what python-gitlab calls them. Attributes that GitLab documents and python-gitlab does not list
# stand beside.
GITLAB = {
    "/projects": ("ProjectManager", set()),
    "/projects/{id}": ("ProjectManager", {"ci_pipeline_variables_minimum_override_role"}),
    "/projects/{id}/protected_branches": ("ProjectProtectedBranchManager", set()),
    "/projects/{id}/approval_rules": ("ProjectApprovalRuleManager", set()),
    "/projects/{id}/approval_rules/{rule}": ("ProjectApprovalRuleManager", {"name", "approvals_required"}),
    "/projects/{id}/variables": ("ProjectVariableManager", set()),
    "/projects/{id}/variables/{key}": ("ProjectVariableManager", set()),
    "/projects/{id}/environments": ("ProjectEnvironmentManager", set()),
    "/projects/{id}/protected_environments": ("ProjectProtectedEnvironmentManager", set()),
    "/projects/{id}/pipeline": ("ProjectPipelineManager", {"variables"}),
    "/projects/{id}/merge_requests": ("ProjectMergeRequestManager", set()),
    "/projects/{id}/merge_requests/{iid}": ("ProjectMergeRequestManager", set()),
}


def template(paths: dict[str, Any], path: str) -> str | None:
    """The path of the description that `path` is one of."""
    for known in paths:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
            return known
    return None


def model_name(path: str, method: str) -> str:
    """What GitHubKit calls the body: `/user/repos` and POST become `UserReposPostBody`."""
    words = re.findall(r"[a-zA-Z0-9]+", path)
    return "".join(word.capitalize() for word in words) + method.capitalize() + "Body"


def of_github(method: str, path: str, body: Any) -> Iterator[str]:
    """What GitHub would not understand."""
    known = template(GITHUB, path)
    if known is None:
        yield "no such path"
        return
    model = getattr(models, GITHUB[known].get(method, model_name(known, method)), None)
    if model is None:
        yield "no such operation"
        return
    try:
        read = model.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        yield str(error)
        return
    # What the model does not know is not in it.
    understood = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
    if understood != body:
        yield f"of {json.dumps(body)} only {json.dumps(understood)} is understood"


def of_gitlab(method: str, path: str, body: dict[str, Any]) -> Iterator[str]:
    """What GitLab would not understand."""
    known = template(GITLAB, path)
    if known is None:
        yield "no such path"
        return
    name, extra = GITLAB[known]
    manager = getattr(objects, name)
    attributes = manager._create_attrs if method == "POST" else manager._update_attrs
    if missing := set(attributes.required) - set(body) - set(path.split("/")):
        yield f"{sorted(missing)} missing"
    if unknown := set(body) - set(attributes.required) - set(attributes.optional) - {"key"} - extra:
        yield f"{sorted(unknown)} unknown"


def main() -> int:
    """Judges what comes in."""
    judged: dict[str, set[tuple[str, str]]] = {"github": set(), "gitlab": set()}
    problems = 0
    for line in sys.stdin:
        request = json.loads(line)
        host, method, path, body = (request[name] for name in ("host", "method", "path", "body"))
        if method in ("GET", "DELETE"):
            continue
        judge, paths = (of_github, GITHUB) if host == "github" else (of_gitlab, GITLAB)
        judged[host].add((method, template(paths, path) or path))
        for problem in judge(method, path, body):
            problems += 1
            print(f"{host} {method} {path}: {problem}")
    for host, requests in judged.items():
        print(f"{host}: {len(requests)} operations judged")
        if len(requests) < 8:
            print("which is not all that aiops does")
            problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
