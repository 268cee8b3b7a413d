"""The configuration: what is committed is right, and what is wrong is refused."""

from __future__ import annotations

import pytest
import yaml
from assistant import profile, settings


def test_what_is_committed_is_valid(wanted: settings.Settings) -> None:
    """And is what serves in AWS."""
    assert profile.in_aws(wanted).embedder == wanted.embedding.model
    assert not profile.in_aws(wanted).local


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("documents", "source", "s3://bucket/without-slash"),
        ("documents", "maximum-words", 5),
        ("embedding", "dimension", 500),
        ("embedding", "model", "hashing"),
        ("generation", "model", "spaces in it"),
        ("retrieval", "passages", 0),
        ("evaluation", "minimum-recall", 90),
        ("evaluation", "minimum-recal", 0.9),
        ("serving", "instances", ["m5.large"]),
    ],
)
def test_mistakes_are_named(config_text: str, section: str, key: str, value: object) -> None:
    """Each by section and key."""
    content = yaml.safe_load(config_text)
    content[section][key] = value
    with pytest.raises(ValueError, match=section):
        settings.parse(yaml.safe_dump(content))


def test_what_is_no_yaml_is_told() -> None:
    """As the mistake that it is."""
    with pytest.raises(ValueError, match="not YAML"):
        settings.parse("documents: [")
