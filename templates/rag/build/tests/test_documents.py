"""How documents are cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from assistant import documents

GUIDE = """Before any heading.

# Guide

## Install

First do this.

```sh
# not a heading
install it
```

## Use

Then do that.

# Guide

## Install

On another system.
"""


def test_sections_are_named_by_their_headings() -> None:
    """Code is not cut, and equal headings are told apart."""
    passages = list(documents.cut("guide", GUIDE, 100))
    assert [passage.section for passage in passages] == ["guide", "guide#install", "guide#use", "guide#install-2"]
    assert [passage.title for passage in passages] == ["guide", "Guide / Install", "Guide / Use", "Guide / Install"]
    assert "# not a heading\ninstall it" in passages[1].text


def test_long_sections_are_cut_between_paragraphs() -> None:
    """All words are still there, in order, and no passage is too long."""
    paragraphs = [" ".join(f"word{n}-{m}" for m in range(size)) for n, size in enumerate((6, 5, 25, 3, 4))]
    passages = list(documents.cut("long", "# Long\n\n" + "\n\n".join(paragraphs), 10))
    assert [len(passage.text.split()) for passage in passages] == [6, 5, 10, 10, 5, 7]
    assert " ".join(passage.text for passage in passages).split() == " ".join(paragraphs).split()
    assert len({passage.key for passage in passages}) == len(passages)
    assert {passage.section for passage in passages} == {"long#long"}


def test_folders_are_part_of_the_name(tmp_path: Path) -> None:
    """So that equal names do not meet."""
    for name in ("a/same.md", "b/same.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("# Same\n\ntext", encoding="utf-8")
    assert [passage.section for passage in documents.read(tmp_path, 100)] == ["a/same#same", "b/same#same"]


def test_no_documents_are_an_error(tmp_path: Path) -> None:
    """A mistyped prefix is not an empty index."""
    with pytest.raises(ValueError, match="no Markdown"):
        documents.read(tmp_path, 100)
