"""What the tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pipeline import local
from settings import Settings, load

BUILD = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings as they are."""
    return load()


@pytest.fixture(scope="session")
def sample(settings: Settings) -> Path | None:
    """A sample of the project's own data, `tests/data/*.csv`; `None` while it uses scikit-learn's."""
    own = BUILD / "tests" / "data"
    if any(own.glob("*.csv")):
        return own
    if settings.data.source:
        pytest.skip("put a sample of your data into tests/data/*.csv")
    return None


@pytest.fixture(scope="session")
def built(settings: Settings, sample: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps make, once for all tests."""
    output = tmp_path_factory.mktemp("built")
    local.build(settings, sample, output)
    return output


sys.dont_write_bytecode = True
