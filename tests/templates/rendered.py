"""The repositories that templates render to, as `run.py` left them: in TEMPLATE/LAYOUT-PROVIDER."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(os.environ.get("AIOPS_RENDERED", "/nowhere"))
# What the projects' tests do not read: files of CI, and texts. A digest without them is the same for all providers.
CI = {".github", ".gitlab", ".gitlab-ci.yml", "ci"}


@dataclass(frozen=True)
class Repository:
    """A rendered repository."""

    template: str
    layout: str
    provider: str
    holds: str
    path: Path

    def __str__(self) -> str:
        """As tests are named."""
        return f"{self.template}-{self.layout}-{self.provider}-{self.holds}"

    @property
    def config(self) -> dict[str, Any]:
        """Its `cicd-config.json`."""
        return json.loads((self.path / "cicd-config.json").read_text(encoding="utf-8"))

    def folder(self, kind: str) -> Path:
        """Its `build` or `deploy` folder."""
        return self.path / self.config["repositories"][kind]["folder"]

    def has(self, kind: str) -> bool:
        """Whether it holds what is built or what is deployed."""
        return self.holds in ("both", kind)

    def yaml(self, name: str) -> dict[Any, Any]:
        """One of its files. YAML 1.1 reads GitHub's `on` as true."""
        content = yaml.safe_load((self.path / name).read_text(encoding="utf-8"))
        return {("on" if key is True else key): value for key, value in content.items()}

    def digest(self) -> str:
        """A digest of all that its tests can depend on."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self.path.rglob("*") if path.is_file()):
            name = path.relative_to(self.path)
            if CI & set(name.parts) or name.suffix == ".md" or name.parts[0] == ".aiops" or "__pycache__" in name.parts:
                continue
            content = path.read_bytes()
            if name.name == "cicd-config.json":
                config = self.config | {"provider": None, "ci-role": None}
                for repository in config["repositories"].values():
                    repository |= {"name": None, "url": None}
                content = json.dumps(config, sort_keys=True).encode()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


def repositories() -> list[Repository]:
    """All of them, in order."""
    # As `aiops template render` lays them out.
    places = {"single": {"both": "."}, "separate": {"build": "build-repository", "deploy": "deploy-repository"}}
    return [
        Repository(path.parent.name, layout, provider, holds, path / place)
        for path in sorted(ROOT.glob("*/*-*"))
        for layout, provider in [path.name.split("-")]
        for holds, place in places[layout].items()
    ]


def with_tests() -> dict[str, tuple[Repository, Path]]:
    """The folders that have tests of their own, each distinct content once; names say what has the same."""
    found: dict[str, list[tuple[Repository, Path]]] = {}
    for repository in repositories():
        for requirements in sorted(repository.path.rglob("requirements-dev.txt")):
            folder = requirements.parent
            found.setdefault(f"{repository.digest()}{folder.relative_to(repository.path)}", []).append(
                (repository, folder)
            )
    return {" = ".join(str(repository) for repository, _ in same): same[0] for same in found.values()}


def environment(requirements: Path) -> str:
    """The name of the virtual environment for a file of requirements: a digest of it and of those that it includes."""
    digest = hashlib.sha256(requirements.read_bytes())
    for line in requirements.read_text(encoding="utf-8").splitlines():
        for option in ("--requirement ", "-r "):
            if line.startswith(option):
                digest.update(environment(requirements.parent / line.removeprefix(option).strip()).encode())
    return digest.hexdigest()[:16]
