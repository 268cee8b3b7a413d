"""Quality rules: the part of DQDL that is understood, and the project's own rules."""

import pandas as pd
import pytest
from conftest import BUILD
from measurements.quality import evaluate, rules
from measurements.refine import refine

FRAME = pd.DataFrame({"id": [1, 2, 3, 4], "name": ["a", "b", "b", None], "size": [1.0, 2.0, 3.0, 4.0]})


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("RowCount > 3", True),
        ("RowCount > 4", False),
        ("RowCount = 4", True),
        ("ColumnCount = 3", True),
        ('ColumnExists "id"', True),
        ('ColumnExists "other"', False),
        ('IsComplete "id"', True),
        ('IsComplete "name"', False),
        ('IsComplete "other"', False),
        ('Completeness "name" >= 0.75', True),
        ('Completeness "name" > 0.75', False),
        ('IsUnique "id"', True),
        ('IsUnique "name"', False),
        ('Uniqueness "name" = 0.5', True),
        ('ColumnValues "size" >= 1', True),
        ('ColumnValues "size" < 4', False),
        ('ColumnValues "size" != -2.5', True),
        ('ColumnValues "name" in ["a", "b"]', False),
        ('Mean "size" = 2.5', True),
        ('StandardDeviation "size" < 1', False),
    ],
)
def test_a_rule_holds_or_does_not(rule: str, holds: bool) -> None:
    assert evaluate(f"Rules = [{rule}]", FRAME).score == (1.0 if holds else 0.0)


@pytest.mark.parametrize(
    "rule",
    [
        'IsComplete "id" where "size > 2"',
        'ColumnValues "id" matches "[0-9]"',
        "RowCount between 1 and 9",
        'CustomSql "select 1"',
        "IsComplete",
        'Mean "size"',
        'Mean "other"',
        'Mean "size" in ["2"]',
        "isunique id",
    ],
)
def test_a_rule_that_is_not_understood_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        evaluate(f"Rules = [ RowCount > 0, {rule} ]", FRAME)


def test_rules_are_told_apart_whatever_commas_and_comments_are_in_them() -> None:
    text = '# about\nRules = [\n  ColumnValues "a,b" in ["x", "y"],\n  # one more\n  RowCount > 1\n]\n'
    assert rules(text) == ['ColumnValues "a,b" in ["x", "y"]', "RowCount > 1"]


def test_what_is_no_ruleset_is_refused() -> None:
    with pytest.raises(ValueError, match="Rules ="):
        rules("RowCount > 1")


def test_the_score_is_the_share_of_rules_that_passed() -> None:
    verdict = evaluate('Rules = [ RowCount > 1, IsUnique "name", IsUnique "id", RowCount > 9 ]', FRAME)
    assert verdict.score == 0.5
    assert verdict.failed == ['IsUnique "name"', "RowCount > 9"]


def test_real_measurements_pass_the_rules_of_the_project(raw: pd.DataFrame) -> None:
    ruleset = (BUILD / "quality/measurements.dqdl").read_text()
    assert evaluate(ruleset, refine(raw).kept).failed == []


def test_a_source_in_the_wrong_unit_fails_the_rules_of_the_project(raw: pd.DataFrame) -> None:
    # Glucose in mmol/l instead of mg/dl is rejected row by row; too few rows are left then.
    raw["s6"] = (raw["s6"].astype(float) / 18).astype("string")
    ruleset = (BUILD / "quality/measurements.dqdl").read_text()
    assert "RowCount >= 50" in evaluate(ruleset, refine(raw).kept).failed
