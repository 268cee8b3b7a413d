"""The rendered CI files by independent judges, and by the rules of this project."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import github
import gitlab
import pytest
from rendered import ROOT, Repository, repositories

TOOLS = Path(sys.executable).parent
GITHUB = [one for one in repositories() if one.provider == "github"]
GITLAB = [one for one in repositories() if one.provider == "gitlab"]
LOCAL = [one for one in repositories() if one.provider == "local"]
# What aiops's own CI pins as well. Looked up in the actions' repositories: the tag of the comment is at the commit.
ACTIONS = {
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
}


def passes(*command: str | Path) -> None:
    """Runs one of the judges."""
    ended = subprocess.run([TOOLS / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def steps(repository: Repository) -> list[dict[str, Any]]:
    """All steps of all jobs."""
    jobs = [job for workflow in github.workflows(repository).values() for job in workflow["jobs"].values()]
    return [step for job in jobs for step in job["steps"]]


def scripts(repository: Repository) -> list[str]:
    """All that the repository's CI gives to a shell."""
    if repository.provider == "github":
        return [step["run"] for step in steps(repository) if "run" in step]
    jobs = [job for job in gitlab.pipeline(repository).values() if isinstance(job, dict) and "script" in job]
    return ["\n".join(job["script"]) for job in jobs]


@pytest.mark.parametrize("repository", repositories(), ids=str)
def test_the_configuration_of_ci_has_the_published_schema(repository: Repository) -> None:
    if not (schema := ROOT / "cicd-config.schema.json").exists():
        pytest.skip("needs the binary")
    passes("check-jsonschema", "--schemafile", schema, repository.path / "cicd-config.json")


@pytest.mark.parametrize("repository", GITHUB, ids=str)
def test_github_accepts_the_workflows(repository: Repository) -> None:
    files = sorted((repository.path / ".github/workflows").iterdir())
    passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


@pytest.mark.parametrize("repository", GITLAB, ids=str)
def test_gitlab_accepts_the_pipeline(repository: Repository) -> None:
    files = [repository.path / ".gitlab-ci.yml", *sorted((repository.path / ".gitlab").iterdir())]
    passes("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files)


@pytest.mark.parametrize("repository", GITHUB, ids=str)
def test_the_workflows_are_safe(repository: Repository) -> None:
    passes("zizmor", "--offline", "--no-progress", "--persona=auditor", repository.path)


@pytest.mark.parametrize("repository", [*GITHUB, *GITLAB], ids=str)
def test_what_a_shell_is_given_is_sound(repository: Repository, tmp_path: Path) -> None:
    script = tmp_path / "script"
    # Both systems end a job at the first command that fails.
    script.write_text("\n".join(["set -e", *scripts(repository)]), encoding="utf-8")
    passes("shellcheck", "--shell=bash", script)


@pytest.mark.parametrize("repository", GITHUB, ids=str)
def test_actions_are_pinned_to_commits(repository: Repository) -> None:
    for path in (repository.path / ".github/workflows").iterdir():
        used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
        assert used and set(used) <= ACTIONS


@pytest.mark.parametrize("repository", GITHUB, ids=str)
def test_jobs_may_read_and_those_that_need_aws_may_say_who_they_are(repository: Repository) -> None:
    for name, workflow in github.workflows(repository).items():
        assert workflow["permissions"] == {}
        for job, one in workflow["jobs"].items():
            aws = "AWS_PROFILE" in one.get("env", {})
            assert one["permissions"] == {"contents": "read"} | ({"id-token": "write"} if aws else {}), f"{name} {job}"
            assert one["timeout-minutes"] <= 360
            # Those with access to AWS never run for a pull request, whoever sent it.
            assert not aws or "github.event_name != 'pull_request'" in one["if"]
    assert all(step["with"]["persist-credentials"] is False for step in steps(repository) if "checkout" in str(step))


@pytest.mark.parametrize("repository", GITLAB, ids=str)
def test_only_jobs_that_need_aws_get_a_token(repository: Repository) -> None:
    for name, job in gitlab.pipeline(repository).items():
        if isinstance(job, dict) and "script" in job:
            assert ("id_tokens" in job) == ("AWS_PROFILE" in job.get("variables", {})), name
            assert "timeout" in job, name


@pytest.mark.parametrize("repository", [*GITHUB, *GITLAB], ids=str)
def test_deployments_are_in_the_environment_of_their_stage_one_at_a_time(repository: Repository) -> None:
    if not repository.has("deploy"):
        return
    if repository.provider == "github":
        workflow = github.workflows(repository)["deploy.yml"]
        assert workflow["jobs"]["deploy"]["environment"] == workflow["jobs"]["deploy"]["env"]["STAGE"]
        assert "stage" in workflow["concurrency"]["group"]
    else:
        job = gitlab.pipeline(repository)["deploy"]
        assert job["environment"] == {"name": "$STAGE"}
        assert job["resource_group"].startswith("deploy-$STAGE")


@pytest.mark.parametrize("repository", [*GITHUB, *GITLAB], ids=str)
def test_nothing_secret_is_named(repository: Repository) -> None:
    for script in scripts(repository):
        assert not re.search(r"secrets\.|token|password|AWS_SECRET|ACCESS_KEY", script, re.IGNORECASE), script


@pytest.mark.parametrize("repository", [*GITHUB, *GITLAB], ids=str)
def test_files_that_ci_names_are_there(repository: Repository) -> None:
    for script in scripts(repository):
        for name in re.findall(r"python (ci/\S+\.py)", script):
            assert (repository.path / name).is_file(), name
        for name in re.findall(r"--requirement (\S+)", script):
            name = re.sub(r'"|\$(GITHUB_WORKSPACE|CI_PROJECT_DIR)/', "", name)
            folders = [repository.path, *(repository.folder(kind) for kind in kinds(repository))]
            assert any((folder / name).is_file() for folder in folders), name
    for path in repository.path.rglob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path}: {link}"


def kinds(repository: Repository) -> list[str]:
    """What it holds."""
    return [kind for kind in ("build", "deploy") if repository.has(kind)]


@pytest.mark.parametrize("repository", repositories(), ids=str)
def test_a_repository_has_what_its_provider_knows(repository: Repository) -> None:
    assert (repository.path / ".github").exists() == (repository.provider == "github")
    assert (repository.path / ".gitlab").exists() == (repository.provider == "gitlab")
    assert (repository.path / ".gitlab-ci.yml").exists() == (repository.provider == "gitlab")
    for kind in ("build", "deploy"):
        files = [path for path in repository.path.rglob(f"{kind}.yml") if ".git" in str(path)]
        assert len(files) == (repository.has(kind) and repository.provider != "local")
    assert json.loads((repository.path / "cicd-config.json").read_text())["provider"] == repository.provider
