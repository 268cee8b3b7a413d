"""What the tests share: the assistant as it runs on a laptop, on the documents of this repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from assistant import handler, profile, settings
from assistant.answering import Assistant
from assistant.index import Content
from ingest import ingest
from pipeline import project

BUILD = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def wanted() -> settings.Settings:
    """The settings that are committed."""
    return settings.load()


@pytest.fixture(scope="session")
def where() -> project.Project:
    """The project that this repository belongs to."""
    return project.load(BUILD)


@pytest.fixture(scope="session")
def directory(wanted: settings.Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the repository's documents, without a model."""
    target = tmp_path_factory.mktemp("index")
    ingest(BUILD / "documents", target, profile.on_laptop(wanted), wanted.documents.maximum_words)
    return target


@pytest.fixture(scope="session")
def content(directory: Path) -> Content:
    """Its passages and vectors."""
    return Content.load(directory / "index")


@pytest.fixture(scope="session")
def no_clients() -> Callable[[str], Any]:
    """Fails whoever wants to call AWS."""

    def client(service: str) -> Any:
        pytest.fail(f"a client of {service} on a laptop")

    return client


@pytest.fixture(scope="session")
def assistant(directory: Path, no_clients: Callable[[str], Any]) -> Assistant:
    """The whole assistant."""
    return handler.load(directory, {}, no_clients)


@pytest.fixture
def config_text() -> str:
    """The settings' file."""
    return settings.CONFIG.read_text(encoding="utf-8")
