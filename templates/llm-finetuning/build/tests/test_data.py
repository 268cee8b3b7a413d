"""Examples: where they come from, how they are split, written and read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from llm import docstrings, settings
from llm.examples import Example, read, split, unique, write
from prepare import prepare

MODULE = '''
class Stack:
    def push(self, item):
        """Put an item on top of the stack.

        It may be anything.
        """
        self.items.append(item)
        self.size = len(self.items)
        return self.size

    def _hidden(self):
        """Do what nobody sees, at some length."""

def bare():
    return "no docstring here, so there is nothing to learn from this function at all"
'''


@pytest.fixture(scope="module")
def of_python() -> list[Example]:
    """What the standard library gives."""
    return list(unique(docstrings.examples()))


def test_function_becomes_example() -> None:
    """Its code without the docstring is the prompt, the docstring's first sentence the answer."""
    (example,) = docstrings.of_source(MODULE, "stack")
    assert example.response == "Put an item on top of the stack."
    assert example.group == "stack"
    assert "self.items.append(item)" in example.prompt
    assert "on top of" not in example.prompt


def test_what_does_not_parse_is_left_out() -> None:
    """Python's own sources have such files."""
    assert list(docstrings.of_source("def broken(:", "broken")) == []


def test_standard_library_has_enough(of_python: list[Example]) -> None:
    """Some thousand real functions, none of which shows its answer."""
    assert len(of_python) > 1000
    assert not [example for example in of_python if f'"""{example.response}' in example.prompt]


def test_prompts_are_python(of_python: list[Example]) -> None:
    """They can be parsed again."""
    for example in of_python[::50]:
        ast.parse(example.prompt.split("```python\n")[1].removesuffix("\n```"))


def test_groups_stay_together(examples: list[Example]) -> None:
    """No group is on two sides, and nothing is lost."""
    parts = split(examples, 0.2, 0.2)
    groups = [{example.group for example in part} for part in parts.values()]
    assert sum(len(part) for part in parts.values()) == len(examples)
    assert len(set.union(*groups)) == sum(len(group) for group in groups)


def test_split_does_not_move_what_was_there(examples: list[Example]) -> None:
    """New groups leave the old ones where they were."""
    before = split(examples, 0.2, 0.2)
    after = split([*examples, *(Example(f"new {n}", "answer", f"new group {n}") for n in range(50))], 0.2, 0.2)
    assert all(set(part) <= set(after[name]) for name, part in before.items())


def test_too_few_groups_are_refused() -> None:
    """A model that is judged by nothing is not judged."""
    with pytest.raises(ValueError, match="too few groups"):
        split([Example("question", "answer", "only")], 0.1, 0.1)


def test_files_come_back(examples: list[Example], tmp_path: Path) -> None:
    """Also what is not ASCII."""
    examples.append(Example("Größe?", "größer", "umlauts"))
    write(examples, tmp_path / "some.jsonl")
    assert read(tmp_path / "some.jsonl") == examples


@pytest.mark.parametrize(
    "line", ["{}", "nonsense", '{"prompt": "p", "response": " ", "group": "g"}', '{"prompt": "p", "answer": "a"}']
)
def test_bad_lines_are_named(line: str, tmp_path: Path) -> None:
    """By file and number."""
    good = '{"prompt": "p", "response": "r", "group": "g"}'
    (tmp_path / "own.jsonl").write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"own\.jsonl, line 2"):
        read(tmp_path / "own.jsonl")


def test_own_examples_are_prepared(examples: list[Example], wanted: settings.Settings, tmp_path: Path) -> None:
    """Duplicates are dropped, the limit is kept, each split is a file."""
    write([*examples, *examples], tmp_path / "in" / "own.jsonl")
    data = wanted.data.model_copy(
        update={"maximum_examples": 50, "validation_share": 0.2, "test_share": 0.2},
    )
    sizes = prepare(data, tmp_path / "in", tmp_path / "out")
    assert sum(sizes.values()) == 50
    assert {name: len(read(tmp_path / "out" / name / "examples.jsonl")) for name in sizes} == sizes


def test_nothing_to_prepare_is_an_error(wanted: settings.Settings, tmp_path: Path) -> None:
    """An empty prefix is a mistake."""
    with pytest.raises(ValueError, match=r"no \*\.jsonl"):
        prepare(wanted.data, tmp_path, tmp_path / "out")
