"""The configuration: what is committed is right, and what is wrong is refused."""

from __future__ import annotations

import pytest
import yaml
from llm import settings


def test_what_is_committed_is_valid(wanted: settings.Settings) -> None:
    """And has what the jobs need."""
    assert wanted.lora.target_modules
    assert wanted.data.s3_uri is None


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("model", "id", "no-owner"),
        ("model", "s3-uri", "s3://bucket/without-slash"),
        ("data", "source", "https://elsewhere"),
        ("data", "test-share", 0.6),
        ("lora", "rank", 0),
        ("lora", "target-modules", []),
        ("training", "instance", "ml.m5.large"),
        ("training", "instance", "ml.g4dn.xlarge"),
        ("training", "epochs", 0),
        ("training", "epoch", 3),
        ("evaluation", "minimum-rouge-l", 1.5),
        ("serving", "instances", []),
        ("serving", "maximum-length", 64),
    ],
)
def test_mistakes_are_named(config_text: str, section: str, key: str, value: object) -> None:
    """Each by section and key."""
    content = yaml.safe_load(config_text)
    content["training"]["maximum-length"] = 1024
    content[section][key] = value
    with pytest.raises(ValueError, match=section):
        settings.parse(yaml.safe_dump(content))


def test_all_mistakes_come_at_once(config_text: str) -> None:
    """Nobody likes to find them one by one."""
    content = yaml.safe_load(config_text)
    content["lora"]["rank"] = -1
    content["training"]["seed"] = "seven"
    with pytest.raises(ValueError, match="2 validation errors"):
        settings.parse(yaml.safe_dump(content))


def test_what_is_no_yaml_is_told() -> None:
    """As the mistake that it is."""
    with pytest.raises(ValueError, match="not YAML"):
        settings.parse("model: [")


def test_own_data_is_an_input(config_text: str) -> None:
    """A prefix takes the place of the name."""
    content = yaml.safe_load(config_text)
    content["data"]["source"] = "s3://own-data/examples/"
    assert settings.parse(yaml.safe_dump(content)).data.s3_uri == "s3://own-data/examples/"
