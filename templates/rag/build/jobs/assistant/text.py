"""Words of English texts, as far as comparing them needs."""

from __future__ import annotations

import re

ENGLISH = """
a about after all also am an and any are as at be because been before being but by can could did do does doing for from
get had has have having he her here him his how i if in into is it its just may me might more most must my no nor not of
on once only or other our out over own same shall she should so some such than that the their them then there these they
this those to too under until up very was we were what when where which while who whom whose why will with would you
your
"""
STOP_WORDS = frozenset(ENGLISH.split())
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "als", "al", "ed", "es", "s", "e", "y")


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its ending: crude, but the same for `approve`, `approval` and `approved`."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def sentences(text: str) -> list[str]:
    """Sentences, roughly."""
    return [one for one in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if one]
