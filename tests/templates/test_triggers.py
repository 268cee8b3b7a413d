"""What starts what: the rendered CI files, judged by what the providers' documents say about filters and conditions."""

import github
import gitlab
import pytest
from rendered import Repository, repositories

ALL = repositories()
BUILD = [one for one in ALL if one.has("build") and one.provider != "local"]
DEPLOY = [one for one in ALL if one.has("deploy") and one.provider != "local"]


def pushed(repository: Repository, *changed: str, branch: str = "main") -> set[str]:
    """The jobs that a push to `branch` starts."""
    if repository.provider == "github":
        return github.jobs(repository, "push", {"github.ref": f"refs/heads/{branch}"}, changed)
    return gitlab.jobs(repository, {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch}, changed)


def builds(repository: Repository) -> set[str]:
    """The jobs of a build."""
    if repository.provider == "github":
        return {"build.yml/test", "build.yml/pipeline"}
    return {"build-tests", "pipeline-in-dev"}


@pytest.mark.parametrize("repository", BUILD, ids=str)
def test_a_push_that_changes_what_is_built_starts_the_build(repository: Repository) -> None:
    code = [path for path in repository.folder("build").rglob("*") if path.suffix in (".py", ".yaml", ".txt", ".toml")]
    assert code
    for path in code:
        name = path.relative_to(repository.path).as_posix()
        assert pushed(repository, name) == builds(repository), name
        assert pushed(repository, "docs/a.md", name, ".gitignore") == builds(repository), name
        assert pushed(repository, name, branch="feature") == set(), name


@pytest.mark.parametrize("repository", BUILD, ids=str)
def test_a_push_elsewhere_starts_nothing(repository: Repository) -> None:
    elsewhere = ["README.md", "docs/a.md", "docs/b/c.md"]
    if repository.layout == "single":
        elsewhere += ["deploy/test.yaml", "ci/promote.py", "builds/a.py", "a/build/b.py", ".github/workflows/build.yml"]
        elsewhere += ["cicd-config.json", ".gitlab-ci.yml", "build"]
    for name in elsewhere:
        assert pushed(repository, name) == set(), name
    assert pushed(repository, *elsewhere) == set()


@pytest.mark.parametrize("repository", BUILD, ids=str)
def test_every_file_of_the_build_folder_counts_in_one_repository(repository: Repository) -> None:
    if repository.layout == "single":
        for path in repository.folder("build").rglob("*"):
            if path.is_file():
                assert pushed(repository, path.relative_to(repository.path).as_posix()) == builds(repository), path


@pytest.mark.parametrize("repository", sorted({*BUILD, *DEPLOY}, key=str), ids=str)
def test_a_request_to_merge_runs_what_needs_no_aws(repository: Repository) -> None:
    if repository.provider == "github":
        started = github.jobs(repository, "pull_request", {"github.ref": "refs/pull/1/merge"}, ["README.md"])
        expected = {"build": "build.yml/test", "deploy": "deploy.yml/check"}
    else:
        started = gitlab.jobs(repository, {"CI_PIPELINE_SOURCE": "merge_request_event"}, ["README.md"])
        expected = {"build": "build-tests", "deploy": "deploy-configuration"}
    assert started == {job for kind, job in expected.items() if repository.has(kind)}


@pytest.mark.parametrize("stage", ["test", "prod"])
@pytest.mark.parametrize("repository", DEPLOY, ids=str)
def test_an_approval_or_a_person_deploys(repository: Repository, stage: str) -> None:
    if repository.provider == "github":
        by_hand = github.jobs(repository, "workflow_dispatch", {"inputs.stage": stage}, only="deploy.yml")
        sent = github.jobs(repository, "repository_dispatch", {"github.event.client_payload.stage": stage})
        assert by_hand == sent == {"deploy.yml/deploy"}
        return
    for source in ("api", "web", "trigger"):
        started = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main", "STAGE": stage}
        assert gitlab.jobs(repository, started) == {"deploy"}


@pytest.mark.parametrize("repository", DEPLOY, ids=str)
def test_nothing_else_deploys(repository: Repository) -> None:
    if repository.provider == "github":
        for stage, ref in [("dev", "main"), ("", "main"), ("production", "main"), ("prod", "feature"), (None, "main")]:
            values = {"inputs.stage": stage, "github.ref": f"refs/heads/{ref}"}
            assert github.jobs(repository, "workflow_dispatch", values, only="deploy.yml") == set()
            values = {"github.event.client_payload.stage": stage, "github.ref": f"refs/heads/{ref}"}
            assert github.jobs(repository, "repository_dispatch", values) == set()
        return
    for stage, branch in [("dev", "main"), ("production", "main"), ("prod", "feature")]:
        for source in ("api", "web"):
            started = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, "STAGE": stage}
            assert gitlab.jobs(repository, started) == set()
    pushed_with_stage = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "STAGE": "prod"}
    assert "deploy" not in gitlab.jobs(repository, pushed_with_stage, ["deploy/test.yaml"])


@pytest.mark.parametrize("repository", BUILD, ids=str)
def test_a_build_by_hand(repository: Repository) -> None:
    if repository.provider == "github":
        assert github.jobs(repository, "workflow_dispatch", {}, only="build.yml") == builds(repository)
        assert github.jobs(repository, "workflow_dispatch", {"github.ref": "refs/heads/x"}, only="build.yml") == {
            "build.yml/test"
        }
    else:
        started = {"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}
        assert gitlab.jobs(repository, started) == builds(repository)
