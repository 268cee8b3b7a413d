"""What may be asked and answered: Bedrock Guardrails in AWS, a few rules on a laptop. Both fail closed."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Direction = Literal["INPUT", "OUTPUT"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """Whether a text may pass, and how it reads then: parts of it may be masked."""

    allowed: bool
    text: str = ""
    reason: str = ""


class Guard(Protocol):
    """Judges questions and answers."""

    def judge(self, text: str, direction: Direction, question: str = "", sources: Sequence[str] = ()) -> Verdict:
        """Of an answer, also whether the sources say so, and whether it is one to the question."""


class BedrockGuard:
    """A guardrail of Amazon Bedrock."""

    def __init__(self, client: Any, identifier: str, version: str) -> None:
        """Calls by the client, of `bedrock-runtime`."""
        self.client = client
        self.guardrail = {"guardrailIdentifier": identifier, "guardrailVersion": version}

    def judge(self, text: str, direction: Direction, question: str = "", sources: Sequence[str] = ()) -> Verdict:
        """By ApplyGuardrail."""
        content = [block(source, "grounding_source") for source in sources]
        if question:
            content.append(block(question, "query"))
        content.append(block(text, "guard_content"))
        response = self.client.apply_guardrail(**self.guardrail, source=direction, content=content)
        if response["action"] == "NONE":
            return Verdict(True, text)
        outputs = [output["text"] for output in response["outputs"]]
        if masked_only(response["assessments"]) and len(outputs) == 1:
            return Verdict(True, outputs[0])
        return Verdict(False, reason="guardrail")


def block(text: str, qualifier: str) -> dict[str, Any]:
    """A text of the request."""
    return {"text": {"text": text, "qualifiers": [qualifier]}}


def masked_only(assessments: Sequence[dict[str, Any]]) -> bool:
    """Whether something was found, and nothing but masked. What is not known to be harmless is not."""
    actions = [finding for assessment in assessments for finding in acted_on(assessment)]
    return bool(actions) and all(action == "ANONYMIZED" for action in actions)


def acted_on(found: Any) -> list[str]:
    """The actions of all findings, wherever in an assessment they are."""
    if isinstance(found, list):
        return [action for one in found for action in acted_on(one)]
    if not isinstance(found, dict):
        return []
    own = [found["action"]] if found.get("action", "NONE") != "NONE" else []
    return own + [action for value in found.values() for action in acted_on(value)]


class RuleGuard:
    """Patterns: for tests and laptops, not for the open world."""

    BLOCKED = (
        ("prompt-attack", r"ignore (all |any )?(the |your )?(previous|above|prior) (instructions|rules)"),
        ("prompt-attack", r"(reveal|print|repeat) (me )?(the |your )?system prompt"),
        ("violence", r"\b(build|make) (a |an )?(bomb|weapon|explosive)s?\b"),
    )
    MASKED = (
        ("{EMAIL}", r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
        ("{CARD}", r"\b(?:\d[ -]?){13,19}\b"),
    )

    def judge(self, text: str, direction: Direction, question: str = "", sources: Sequence[str] = ()) -> Verdict:
        """The same rules in both directions."""
        for reason, pattern in self.BLOCKED:
            if re.search(pattern, text, re.IGNORECASE):
                return Verdict(False, reason=reason)
        for mask, pattern in self.MASKED:
            text = re.sub(pattern, mask, text)
        return Verdict(True, text)


class FailClosed:
    """A guard that does not answer lets nothing pass."""

    def __init__(self, guard: Guard) -> None:
        """Asks the guard."""
        self.guard = guard

    def judge(self, text: str, direction: Direction, question: str = "", sources: Sequence[str] = ()) -> Verdict:
        """The guard's verdict, or a refusal."""
        try:
            return self.guard.judge(text, direction, question, sources)
        except Exception:
            # Whatever it was: the text is not known to be harmless. Its content stays out of the log.
            logger.exception("the guard failed on an %s", direction)
            return Verdict(False, reason="guard-unavailable")
