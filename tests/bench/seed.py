"""Measures how long a template of 2,000 files takes: aiops against copier and cookiecutter with the git client.

    python3 -m venv .venv && .venv/bin/pip install --requirement tests/bench/requirements.txt
    cargo build --release
    .venv/bin/python tests/bench/seed.py --aiops target/release/aiops

The same template is written in each tool's format, and all have to make the same files from it, byte for byte. What is
measured is a whole run from a terminal, with the start of the process. Tools take turns within each round, in an order
that changes, so that what else the machine does hits all of them. Two lines are no templates: `cp` copies the finished
files, and says what the disk alone takes; `git` commits and pushes them, and is part of every run of the other tools.

Rendering is measured always. Seeding (rendering, committing, and pushing to a bare repository) is measured for aiops
with the command that `--seed` gives, where `{templates}`, `{bare}` and `{scratch}` are replaced.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DIRECTORIES = 100
ANSWERS = {"title": "Churn of customers", "owner": "growth", "memory": 4096}
STEPS = ["extract", "clean", "train", "evaluate", "register"]
# Whoever runs this has a configuration, and no tool should profit or suffer from it.
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Syntax:
    """How a tool marks what it fills in."""

    name: str
    block: tuple[str, str]
    value: tuple[str, str]
    prefix: str = ""

    def render(self, text: str) -> str:
        """Turns the neutral marks of `text` into the tool's."""
        for neutral, (opening, closing) in (("?", self.block), ("=", self.value)):
            text = text.replace(f"@{neutral}", opening).replace(f"{neutral}@", closing)
        return text.replace("$$", self.prefix)


AIOPS = Syntax("aiops", ("<%", "%>"), ("<%=", "%>"))
COPIER = Syntax("copier", ("{%", "%}"), ("{{", "}}"))
COOKIECUTTER = Syntax("cookiecutter", ("{%", "%}"), ("{{", "}}"), "cookiecutter.")


def content(number: int) -> str:
    """A file like those of real projects: mostly text that stays, some values, a condition and a loop."""
    steady = "".join(
        f"def step_{line}(rows: list[dict[str, float]]) -> float:\n"
        f'    """Works on part {line} of file {number}."""\n'
        f'    return sum(row["{hashlib.sha256(f"{number}/{line}".encode()).hexdigest()[:12]}"] for row in rows)\n\n\n'
        for line in range(8)
    )
    return (
        f'"""@= $$title =@, part {number}. Owned by @= $$owner =@."""\n\n'
        "@? if $$memory > 1024 ?@LARGE = True\n@? else ?@LARGE = False\n@? endif ?@"
        f"MEMORY = @= $$memory + {number} =@\n"
        f'STEPS = [@? for step in {STEPS} ?@"@= step =@-{number}", @? endfor ?@]\n\n\n{steady}'
    )


def write_templates(root: Path, files: int) -> None:
    """Writes the template in the format of each tool."""
    heads = {
        "aiops/templates/bench/template.yaml": "version: 1\ntitle: Bench\ndescription: Measured.\nvariables:\n"
        + "".join(
            f"  {name}:\n    type: {'integer' if isinstance(value, int) else 'string'}\n    title: {name}\n"
            f"    default: {json.dumps(value)}\n"
            for name, value in ANSWERS.items()
        ),
        "copier/copier.yml": "_templates_suffix: ''\n_subdirectory: files\n"
        + "".join(f"{name}: {json.dumps(value)}\n" for name, value in ANSWERS.items()),
        "cookiecutter/cookiecutter.json": json.dumps({"slug": "out", **ANSWERS}),
    }
    for path, text in heads.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    trees = {
        "aiops/templates/bench/repository": AIOPS,
        "copier/files": COPIER,
        "cookiecutter/{{cookiecutter.slug}}": COOKIECUTTER,
    }
    for tree, syntax in trees.items():
        for number in range(files):
            file = root / tree / f"part_{number % DIRECTORIES:03}" / f"module_{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            text = content(number)
            if syntax is COOKIECUTTER:
                # Its variables hold text alone.
                text = text.replace("$$memory", "$$memory | int")
            file.write_text(syntax.render(text))


def digest(directory: Path) -> str:
    """A digest of what all tools have to make: the parts, without what a tool adds of its own."""
    total = hashlib.sha256()
    for file in sorted(directory.glob("part_*/*.py")):
        total.update(f"{file.relative_to(directory)}\n".encode() + file.read_bytes())
    return total.hexdigest()


def run(command: list[str | Path], directory: Path) -> None:
    """Runs a command, and stops with its own words if it fails."""
    done = subprocess.run(command, cwd=directory, env=os.environ | QUIET, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def push(files: Path, bare: Path) -> None:
    """Commits and pushes with the git client."""
    who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    run(["git", "init", "--quiet", "--initial-branch=main"], files)
    run(["git", "add", "--all"], files)
    run(["git", *who, "commit", "--quiet", "--signoff", "--message", "Begin"], files)
    run(["git", "push", "--quiet", str(bare), "main"], files)


@dataclass(frozen=True)
class Contestant:
    """A tool and its two disciplines, each in a new directory."""

    name: str
    render: Callable[[Path], None]
    seed: Callable[[Path, Path], None] | None


def contestants(arguments: argparse.Namespace, templates: Path, finished: Path) -> list[Contestant]:
    """All that take part."""
    library = templates / "aiops/templates"

    def aiops(scratch: Path) -> None:
        run(
            [arguments.aiops, "template", "render", "bench", "--templates", library, "--into", scratch / "out"], scratch
        )

    def copier(scratch: Path) -> None:
        run(
            [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", templates / "copier", scratch / "out"],
            scratch,
        )

    def cookiecutter(scratch: Path) -> None:
        run([sys.executable, "-m", "cookiecutter", "--no-input", "-o", scratch, templates / "cookiecutter"], scratch)

    def copy(scratch: Path) -> None:
        run(["cp", "-R", finished, scratch / "out"], scratch)

    def seed(scratch: Path, bare: Path) -> None:
        places = {"templates": library, "bare": bare, "scratch": scratch}
        run([word.format(**places) for word in shlex.split(arguments.seed)], scratch)

    def with_git(render: Callable[[Path], None]) -> Callable[[Path, Path], None]:
        def both(scratch: Path, bare: Path) -> None:
            render(scratch)
            push(scratch / "out", bare)

        return both

    return [
        Contestant("aiops", aiops, seed if arguments.seed else None),
        Contestant("copier", copier, with_git(copier)),
        Contestant("cookiecutter", cookiecutter, with_git(cookiecutter)),
        Contestant("cp, git", copy, with_git(copy)),
    ]


def measure(contestant: Contestant, discipline: str, expected: str) -> float:
    """Seconds of one run, which has to make what is expected."""
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        scratch, bare = Path(root, "scratch"), Path(root, "bare.git")
        scratch.mkdir()
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], Path(root))
        begin = time.perf_counter()
        if discipline == "render":
            contestant.render(scratch)
        elif contestant.seed:
            contestant.seed(scratch, bare)
        seconds = time.perf_counter() - begin
        if discipline == "seed":
            shutil.rmtree(scratch)
            run(["git", "clone", "--quiet", str(bare), "scratch/out"], Path(root))
        if digest(scratch / "out") != expected:
            sys.exit(f"{contestant.name} made other files")
        return seconds


def main() -> None:
    """Measures, and prints a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aiops", type=lambda path: str(Path(path).resolve()), required=True, help="the program")
    parser.add_argument("--seed", help="a command that renders `bench`, commits it and pushes it to {bare}")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        templates = Path(root, "templates")
        write_templates(templates, arguments.files)
        finished = Path(root, "finished")
        everybody = contestants(arguments, templates, finished)
        # Not measured: it says what all have to make.
        everybody[1].render(Path(root))
        Path(root, "out").rename(finished)
        expected = digest(finished)
        times: dict[str, dict[str, list[float]]] = {"render": {}, "seed": {}}
        for _ in range(arguments.rounds):
            turns = [(each, discipline) for discipline in times for each in everybody]
            random.shuffle(turns)
            for each, discipline in turns:
                if discipline == "render" or each.seed:
                    times[discipline].setdefault(each.name, []).append(measure(each, discipline, expected))

    medians = {what: {name: statistics.median(all_) for name, all_ in named.items()} for what, named in times.items()}
    if arguments.json:
        print(json.dumps({"files": arguments.files, "rounds": arguments.rounds, "seconds": times, "medians": medians}))
        return
    for discipline, named in medians.items():
        print(f"{discipline} {arguments.files} files, median of {arguments.rounds}")
        for name, seconds in sorted(named.items(), key=lambda item: item[1]):
            ratio = f"{seconds / named['aiops']:6.1f} x aiops" if "aiops" in named else ""
            spread = f"{min(times[discipline][name]):.2f} to {max(times[discipline][name]):.2f}"
            print(f"  {name:<13} {seconds:7.2f} s   ({spread})   {ratio}".rstrip())


if __name__ == "__main__":
    main()
