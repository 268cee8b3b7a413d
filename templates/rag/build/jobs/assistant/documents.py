"""Markdown documents, and the passages that they are cut into."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$")
FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True)
class Passage:
    """A part of a section. Parts of one section share the name that is cited."""

    key: str
    section: str
    title: str
    text: str

    @property
    def content(self) -> str:
        """What is searched: without its title a passage often does not say what it is about."""
        return f"{self.title}\n{self.text}"


def read(directory: Path, maximum_words: int) -> list[Passage]:
    """The passages of all Markdown files; the path of a file without its suffix is its name."""
    files = sorted(directory.rglob("*.md"))
    passages = [
        passage
        for path in files
        for passage in cut(
            path.relative_to(directory).with_suffix("").as_posix(), path.read_text(encoding="utf-8"), maximum_words
        )
    ]
    if not passages:
        raise ValueError(f"no Markdown with text in {directory}")
    return passages


def cut(name: str, text: str, maximum_words: int) -> Iterator[Passage]:
    """The passages of one document."""
    used: Counter[str] = Counter()
    for titles, body in sections(text):
        slug = slugged(titles[-1]) if titles else ""
        used[slug] += 1
        suffix = f"-{used[slug]}" if used[slug] > 1 else ""
        section = f"{name}#{slug}{suffix}" if slug else name
        for number, part in enumerate(packed(body, maximum_words)):
            yield Passage(f"{section}/{number}", section, " / ".join(titles) or name, part)


def sections(text: str) -> Iterator[tuple[list[str], str]]:
    """Headings above a text, outermost first, and the text. A heading in a code block is none."""
    titles: list[str] = []
    levels: list[int] = []
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        if not heading:
            lines.append(line)
            continue
        if body := "\n".join(lines).strip():
            yield list(titles), body
        lines = []
        level = len(line) - len(line.lstrip("#"))
        while levels and levels[-1] >= level:
            levels.pop()
            titles.pop()
        levels.append(level)
        titles.append(heading["title"])
    if body := "\n".join(lines).strip():
        yield titles, body


def packed(body: str, maximum_words: int) -> Iterator[str]:
    """Paragraphs together as long as they fit; one that is too long by itself is cut between words."""
    pending: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        words = paragraph.split()
        if len(words) > maximum_words:
            if pending:
                yield "\n\n".join(pending)
                pending = []
            yield from (" ".join(words[n : n + maximum_words]) for n in range(0, len(words), maximum_words))
        elif sum(len(one.split()) for one in pending) + len(words) > maximum_words:
            yield "\n\n".join(pending)
            pending = [paragraph]
        else:
            pending.append(paragraph)
    if pending:
        yield "\n\n".join(pending)


def slugged(title: str) -> str:
    """A title as part of an address."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")
