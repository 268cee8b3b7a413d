"""The rendered projects' own tests, run as their CI runs them; each distinct content once."""

import os
import subprocess
from pathlib import Path

import pytest
from rendered import Repository, environment, repositories, with_tests

ENVIRONMENTS = Path(os.environ.get("AIOPS_ENVIRONMENTS", "/nowhere"))
TESTED = with_tests()
# Nothing may be fetched while tests run: whatever asks for the network finds nobody there.
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
OFFLINE |= {"HF_HUB_OFFLINE": "1", "AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize(("repository", "folder"), TESTED.values(), ids=TESTED.keys())
def test_the_projects_own_tests_pass(repository: Repository, folder: Path) -> None:
    python = ENVIRONMENTS / environment(folder / "requirements-dev.txt") / "bin/python"
    ended = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        check=False,
    )
    # 5 would be: no test was found.
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("repository", [one for one in repositories() if one.has("build")], ids=str)
def test_what_is_built_has_tests(repository: Repository) -> None:
    assert (repository.folder("build") / "requirements-dev.txt").is_file()


@pytest.mark.parametrize("repository", [one for one in repositories() if one.has("build")], ids=str)
def test_what_runs_in_dev_brings_the_client_that_ci_gets_credentials_with(repository: Repository) -> None:
    # Not ci/requirements.txt: two pins of one package would have to be kept equal.
    assert "\nboto3==" in "\n" + (repository.folder("build") / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("repository", repositories(), ids=str)
def test_every_requirement_is_pinned(repository: Repository) -> None:
    for path in repository.path.rglob("requirements*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "--", "-r ")):
                assert "==" in line, f"{path}: {line}"
