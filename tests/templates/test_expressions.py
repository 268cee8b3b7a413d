"""The judge of conditions."""

import pytest
from expressions import holds

GITHUB = {"github.event_name": "push", "github.ref": "refs/heads/main", "inputs.stage": "prod", "inputs.no": ""}
GITLAB = {"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "STAGE": ""}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("github.event_name != 'pull_request'", True),
        ("github.event_name == 'pull_request' || github.ref == 'refs/heads/main'", True),
        ("github.event_name == 'x' || github.ref == 'x' && inputs.stage == 'prod'", False),
        ("(github.event_name == 'x' || inputs.stage == 'prod') && !inputs.no", True),
        ('contains(fromJSON(\'["test", "prod"]\'), inputs.no || inputs.stage)', True),
        ("contains(fromJSON('[\"test\"]'), inputs.missing || inputs.stage)", False),
        ("${{ startsWith(github.ref, 'refs/heads/') }}", True),
        ("github.ref == 'it''s'", False),
    ],
)
def test_conditions_of_github(condition: str, expected: bool) -> None:
    assert holds(condition, GITHUB) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('$CI_PIPELINE_SOURCE == "web"', True),
        ("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", True),
        ("$CI_PIPELINE_SOURCE =~ /^(push|api)$/", False),
        ("$CI_PIPELINE_SOURCE !~ /^(push|api)$/", True),
        ("$MISSING =~ /.*/", False),
        ("$MISSING == null", True),
        ("$STAGE == null", False),
        ('$CI_PIPELINE_SOURCE == "web" && ($STAGE == null || $STAGE == "")', True),
        ("$STAGE", False),
        ("$CI_COMMIT_BRANCH", True),
    ],
)
def test_conditions_of_gitlab(condition: str, expected: bool) -> None:
    assert holds(condition, GITLAB) == expected


@pytest.mark.parametrize("condition", ["a ==", "always()", "a == 'b' c", "(a", "a ? b", ""])
def test_what_is_not_understood_is_no_answer(condition: str) -> None:
    with pytest.raises((SyntaxError, IndexError)):
        holds(condition, {})
