"""The scripts that CI runs: how a job gets credentials and aiops, and what it says of a deployment."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import boto3
import pytest
from rendered import Repository, repositories

AIOPS = os.environ.get("AIOPS_BINARY", "")
# One of each provider does: the scripts are the same.
DEPLOYING = {one.provider: one for one in repositories() if one.has("deploy") and one.provider != "local"}
EXPIRES = "2030-01-01T00:00:00+00:00"


@pytest.fixture(params=DEPLOYING.values(), ids=DEPLOYING)
def repository(request: pytest.FixtureRequest) -> Repository:
    """A repository of each provider."""
    return request.param


class Counterpart:
    """What a job talks to: the provider of tokens, and STS. It remembers what it was asked."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.tokens: list[tuple[str, dict[str, list[str]]]] = []
        self.asked: list[dict[str, str]] = []

    def token(self, authorization: str, query: str) -> str:
        """GitHub's answer; every token is another one."""
        self.tokens.append((authorization, parse_qs(query)))
        return json.dumps({"value": f"token-{len(self.tokens)}"})

    def sts(self, body: str) -> str:
        """The answer of STS: keys that say for which call they are."""
        asked = {name: value for name, [value] in parse_qs(body).items()}
        self.asked.append(asked)
        name, key = asked["Action"], f"ASIA{len(self.asked):016}"
        return (
            f"<{name}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{name}Result><Credentials>"
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>"
            f"<Expiration>{EXPIRES}</Expiration></Credentials></{name}Result></{name}Response>"
        )


@contextmanager
def served(counterpart: Counterpart) -> Iterator[str]:
    """Serves it on loopback; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(counterpart.token(self.headers["Authorization"], urlparse(self.path).query))

        def do_POST(self) -> None:
            self._say(counterpart.sts(self.rfile.read(int(self.headers["Content-Length"])).decode()))

        def _say(self, answer: str) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def job(repository: Repository, address: str) -> dict[str, str]:
    """The variables that a job of the provider has."""
    # `python` is the one that the job set up.
    base = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "AWS_ENDPOINT_URL_STS": address}
    base |= {"AWS_CONFIG_FILE": str(repository.path / "ci/aws.config")}
    if repository.provider == "github":
        return base | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(repository.path),
            "GITHUB_REPOSITORY": "acme/a-repository",
            "GITHUB_RUN_ID": "987654",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{address}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner",
        }
    return base | {
        "CI_PROJECT_DIR": str(repository.path),
        "CI_PROJECT_PATH": "acme/a-group/a-repository",
        "CI_PIPELINE_ID": "987654",
        "AIOPS_ID_TOKEN": "token-1",
    }


def test_the_profiles_give_credentials_that_can_be_renewed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counterpart = Counterpart()
    monkeypatch.chdir(tmp_path)
    with served(counterpart) as address:
        for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in job(repository, address).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AIOPS_EXTERNAL_ID", "outside")
        found = boto3.Session(profile_name="test").get_credentials()
        assert found is not None and found.get_frozen_credentials().access_key == "ASIA0000000000000002"
        plain = boto3.Session(profile_name="repository").get_credentials()
        assert plain is not None and plain.get_frozen_credentials().access_key == "ASIA0000000000000003"
    [web, role, _] = counterpart.asked
    assert web["Action"] == "AssumeRoleWithWebIdentity"
    assert web["RoleArn"] == repository.config["ci-role"]
    assert web["WebIdentityToken"] == "token-1"
    assert role["Action"] == "AssumeRole"
    assert role["RoleArn"] == repository.config["stages"]["test"]["ci-role"]
    assert role["ExternalId"] == "outside"
    group = "acme" if repository.provider == "github" else "acme-a-group"
    assert role["SourceIdentity"] == role["RoleSessionName"] == f"ci-{group}-a-repository-987654"
    if repository.provider == "github":
        authorization, query = counterpart.tokens[0]
        assert authorization == "Bearer runner"
        assert query == {"api-version": ["2.0"], "audience": ["sts.amazonaws.com"]}
        # A new one each time: GitHub's live for minutes.
        assert counterpart.asked[2]["WebIdentityToken"] == "token-2"


def test_names_of_jobs_fit_into_what_sts_takes(repository: Repository) -> None:
    counterpart = Counterpart()
    with served(counterpart) as address:
        variables = job(repository, address)
        variables |= {"GITHUB_REPOSITORY": "a/" + "b" * 100} if "GITHUB_REPOSITORY" in variables else {}
        variables |= {"CI_PROJECT_PATH": "ä b/" + "b" * 100} if "CI_PROJECT_PATH" in variables else {}
        command = [sys.executable, repository.path / "ci/credentials.py"]
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    name = counterpart.asked[0]["RoleSessionName"]
    assert len(name) == 64 and name.endswith("-987654") and name.isascii()
    assert json.loads(ended.stdout)["Expiration"] == EXPIRES


def archive(*members: tuple[str, bytes]) -> bytes:
    """A .tar.gz."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as file:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def installer(repository: Repository) -> dict[str, object]:
    """The module `install_aiops`, without running it."""
    source = (repository.path / "ci/install_aiops.py").read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "install_aiops"}
    exec(compile(source, "install_aiops.py", "exec"), names)
    return names


def test_an_archive_that_is_another_one_is_refused(repository: Repository) -> None:
    content, verify = archive(("aiops-v1/aiops", b"binary")), installer(repository)["verify"]
    verify(content, hashlib.sha256(content).hexdigest())
    with pytest.raises(SystemExit, match="has SHA-256"):
        verify(content, hashlib.sha256(b"another").hexdigest())


def test_only_the_binary_is_unpacked(repository: Repository, tmp_path: Path) -> None:
    unpack = installer(repository)["unpack"]
    content = archive(("../../escaped", b"x"), ("/etc/aiops.d/x", b"x"), ("../aiops-v1/aiops", b"binary"))
    binary = unpack(content, tmp_path / "bin")
    assert binary.read_bytes() == b"binary" and os.access(binary, os.X_OK)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["aiops", "bin"]
    with pytest.raises(SystemExit, match="no file aiops"):
        unpack(archive(("README.md", b"x")), tmp_path)


@pytest.mark.parametrize(
    ("url", "sha256"),
    [
        ("", ""),
        ("http://example.com/a.tar.gz", "0" * 64),
        ("https://example.com/a.tar.gz", ""),
        ("file:///a", "0" * 64),
    ],
)
def test_without_an_address_and_a_checksum_the_job_says_what_to_set(
    repository: Repository, tmp_path: Path, url: str, sha256: str
) -> None:
    variables = {"AIOPS_ARCHIVE_URL": url, "AIOPS_ARCHIVE_SHA256": sha256}
    command = [sys.executable, repository.path / "ci/install_aiops.py", tmp_path]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "set the CI variables AIOPS_ARCHIVE_URL" in ended.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `aiops demo` leaves behind."""
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([AIOPS, "demo", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "aiops-demo"


class Landscape:
    """A copy of the demo's landscape, as the repository's CI sees it."""

    def __init__(self, repository: Repository, demo: Path, tmp_path: Path) -> None:
        """Copies it."""
        self._provider, self._summary = repository.provider, tmp_path / "summary"
        self._repository = Path(shutil.copytree(repository.path, tmp_path / "repository"))
        # The project of the demo is another tenant's than that of the sample.
        config = self._repository / "cicd-config.json"
        told = json.loads(config.read_text(encoding="utf-8"))
        told["project"]["tenant"] = "clinical"
        config.write_text(json.dumps(told), encoding="utf-8")
        self._home = Path(shutil.copytree(demo, tmp_path / "aiops-demo"))
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/aiops").symlink_to(AIOPS)
        self._variables = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}
        self._variables["AIOPS_CONFIG"] = str(self._home / "aiops.yaml")

    def aiops(self, *arguments: str) -> None:
        """Runs aiops as somebody else than CI."""
        subprocess.run([AIOPS, *arguments, "--quiet"], cwd=self._home, check=True, stdout=subprocess.DEVNULL)

    def promote(self, *arguments: str) -> tuple[int, str, str]:
        """Runs the script as a job of CI does: its exit code, what it says, and the summary."""
        variables = self._variables | {"AIOPS_PERSONA": "ci"}
        if self._provider == "github":
            variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self._summary)}
        command = [sys.executable, self._repository / "ci/promote.py", *arguments]
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        summary = self._summary.read_text() if self._summary.exists() else ended.stdout
        return ended.returncode, ended.stdout + ended.stderr, summary


@pytest.mark.skipif(not AIOPS, reason="needs the binary")
def test_a_deployment_is_refused_until_it_is_approved_and_then_told(
    repository: Repository, demo: Path, tmp_path: Path
) -> None:
    landscape = Landscape(repository, demo, tmp_path)
    # What the lead has approved is copied to the central registry on the way, if it is not there yet.
    assert landscape.promote("diabetes-progression", "2", "test")[0] == 0
    code, said, summary = landscape.promote("diabetes-progression", "2", "prod")
    assert code == 5
    assert "diabetes-progression:2 to prod: refused, or not approved yet" in summary
    assert ("::error title=" in said) == (repository.provider == "github")
    assert "governance officer" in said
    decision = ["--stage", "test", "--status", "approved", "--comment", "better"]
    landscape.aiops("approve", "diabetes-progression:2", *decision)
    code, said, summary = landscape.promote("diabetes-progression", "2", "prod")
    assert code == 0, said
    assert "diabetes-progression:2 to prod: done" in summary
    assert "clinical-diabetes-progression-prod" in summary
    # Again, as a job that is repeated.
    assert landscape.promote("diabetes-progression", "2", "prod")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help", "1", "test"),
        ("model;id", "1", "test"),
        ("model", "--to", "test"),
        ("model", "1.0", "test"),
        ("model", "0", "test"),
        ("model", "1", "dev"),
        ("model", "1\n", "test"),
    ],
)
def test_what_is_no_version_of_a_model_reaches_no_command(repository: Repository, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, repository.path / "ci/promote.py", *arguments]
    ended = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "is no" in ended.stderr or "is neither" in ended.stderr


def test_texts_cannot_leave_annotation_or_summary(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (repository.path / "ci/promote.py").read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "promote", "__file__": str(repository.path / "ci/promote.py")}
    exec(compile(source, "promote.py", "exec"), names)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    line = names["annotation"]("a: b, c", "100%\n::set-output name=x::y")
    assert line == "::error title=a%3A b%2C c::100%25%0A::set-output name=x::y"
    table = names["summary"]("*t*", {"a|b": "<img src=x>\n[l](u)", "none": None})
    assert "### \\*t\\*" in table
    assert "| a\\|b | &lt;img src=x><br>\\[l\\](u) |" in table
    assert "none" not in table
