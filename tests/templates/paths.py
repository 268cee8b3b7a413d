"""Which changed files a push filter means, in both CI systems, as their documents say.

GitHub: "Filter pattern cheat sheet" of the workflow syntax. GitLab: `rules:changes`, which is Ruby's File.fnmatch with
FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB.
"""

import re
from collections.abc import Iterable
from functools import cache


@cache
def _github(pattern: str) -> re.Pattern[str]:
    """`*` stays within a folder, `**` does not; `?` and `+` count the character before, `[...]` is a set."""
    regex, rest = "", pattern
    while rest:
        for token, meaning in {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}.items():
            if rest.startswith(token):
                # `**/` in front of a name means the root as well; the cheat sheet has `**/docs/**` for `docs/hello.md`.
                regex, rest = regex + meaning, rest[len(token) :]
                break
        else:
            if bracket := re.match(r"\[[\w-]+\]", rest):
                regex, rest = regex + bracket[0], rest[bracket.end() :]
            else:
                regex, rest = regex + re.escape(rest[0]), rest[1:]
    return re.compile(regex, re.DOTALL)


def github_triggers(patterns: list[str], changed: Iterable[str]) -> bool:
    """Whether `on.push.paths` lets a push through: one file that is meant is enough; the last pattern decides."""

    def meant(path: str) -> bool:
        decision = False
        for pattern in patterns:
            if _github(pattern.removeprefix("!")).fullmatch(path):
                decision = not pattern.startswith("!")
        return decision

    return any(meant(path) for path in changed)


def _braces(pattern: str) -> list[str]:
    """FNM_EXTGLOB: `{a,b}` stands for two patterns."""
    if not (found := re.search(r"\{([^{}]*)\}", pattern)):
        return [pattern]
    return [
        one
        for choice in found[1].split(",")
        for one in _braces(pattern[: found.start()] + choice + pattern[found.end() :])
    ]


@cache
def _gitlab(pattern: str) -> re.Pattern[str]:
    """FNM_PATHNAME: only `**/` goes into folders, `**` elsewhere is `*`. FNM_DOTMATCH: a leading dot is nothing."""
    regex, rest = "", pattern
    while rest:
        if rest.startswith("**/") and (not regex or regex.endswith("/")):
            regex, rest = regex + "(?:[^/]+/)*", rest[3:]
        elif rest[0] == "*":
            regex, rest = regex + "[^/]*", rest.lstrip("*")
        elif rest[0] == "?":
            regex, rest = regex + "[^/]", rest[1:]
        elif bracket := re.match(r"\[([!^]?)([\w-]+)\]", rest):
            regex, rest = regex + f"[{'^' if bracket[1] else ''}{bracket[2]}]", rest[bracket.end() :]
        else:
            regex, rest = regex + re.escape(rest[0]), rest[1:]
    return re.compile(regex, re.DOTALL)


def gitlab_changes(patterns: list[str], changed: Iterable[str]) -> bool:
    """Whether `rules:changes` is met."""
    compiled = [_gitlab(one) for pattern in patterns for one in _braces(pattern)]
    return any(pattern.fullmatch(path) for path in changed for pattern in compiled)
