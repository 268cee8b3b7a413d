"""Compares the input shapes that the sandbox declares with AWS's own service models, as botocore ships them.

Reads JSON on standard input: `{service: {"operations": {Name: shape}}}`, services by botocore's names. A shape is
`{"type": "structure", "members": {Name: {"required": bool, "shape": ..}}}`, `{"type": "list", "member": ..}`,
`{"type": "map", "key": .., "value": ..}` or a scalar with its constraints (`min`, `max`, `pattern`, `enum`);
`null` in place of a shape compares the operation's name alone.

A difference fails unless the allow-list explains it; an explanation that nothing needs fails too. Members that AWS has
and the sandbox lacks are listed as a warning: the sandbox need not know everything.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError, ServiceModel, Shape

HERE = Path(__file__).resolve().parent
ABSENT = "-"
# Stand for "look no further": a value kept as it comes, and a shape cut off where it contains itself.
OPAQUE = {"any", "recursive"}
LENGTHS = {"string", "list", "map", "blob"}


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that the sandbox and AWS say differently about `where`, such as `s3.PutObject.Key`."""

    where: str
    what: str
    sandbox: str
    aws: str


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant, and why. `*` in `where` stands for anything."""

    where: str
    what: str
    reason: str

    def explains(self, difference: Difference) -> bool:
        """Whether this entry is about that difference."""
        where = re.escape(self.where).replace(r"\*", ".*")
        return self.what == difference.what and re.fullmatch(where, difference.where) is not None


class Comparison:
    """Everything found out about one document of declared shapes."""

    def __init__(self) -> None:
        """Loads nothing yet: models are big, and only the declared services are needed."""
        self.differences: list[Difference] = []
        self.unknown_to_sandbox: dict[str, list[str]] = {}
        self.operations = 0
        self._session = botocore.session.Session()

    def compare(self, document: dict[str, Any]) -> None:
        """Compares every declared operation."""
        for service, declared in sorted(document.items()):
            try:
                model = self._session.get_service_model(service)
            except UnknownServiceError:
                self._differs(service, "service", "declared", ABSENT)
                continue
            for operation, shape in sorted(declared["operations"].items()):
                self.operations += 1
                self._operation(model, f"{service}.{operation}", operation, shape)

    def _operation(self, model: ServiceModel, where: str, name: str, declared: dict[str, Any] | None) -> None:
        try:
            input_shape = model.operation_model(name).input_shape
        except OperationNotFoundError:
            self._differs(where, "operation", "declared", ABSENT)
            return
        if declared is None:
            return
        if input_shape is not None:
            self._shape(where, declared, input_shape)
        elif declared.get("members"):
            self._differs(where, "input", "has members", "takes no input")

    def _shape(self, where: str, declared: dict[str, Any], aws: Shape) -> None:
        if declared["type"] in OPAQUE:
            return
        if declared["type"] != aws.type_name:
            self._differs(where, "type", declared["type"], aws.type_name)
            return
        self._constraints(where, declared, aws)
        match aws.type_name:
            case "structure":
                self._members(where, declared["members"], aws)
            case "list":
                self._shape(f"{where}[]", declared["member"], aws.member)
            case "map":
                self._shape(f"{where}{{key}}", declared["key"], aws.key)
                self._shape(f"{where}{{value}}", declared["value"], aws.value)

    def _members(self, where: str, declared: dict[str, Any], aws: Shape) -> None:
        required = set(aws.required_members)
        for name, member in declared.items():
            path = f"{where}.{name}"
            if name not in aws.members:
                self._differs(path, "member", "declared", ABSENT)
                continue
            if member["required"] != (name in required):
                self._differs(path, "required", _yes(member["required"]), _yes(name in required))
            self._shape(path, member["shape"], aws.members[name])
        for name in sorted(required - declared.keys()):
            self._differs(f"{where}.{name}", "required", ABSENT, _yes(True))
        lacking = [name for name in aws.members if name not in declared and name not in required]
        if lacking:
            self.unknown_to_sandbox[where] = lacking

    def _constraints(self, where: str, declared: dict[str, Any], aws: Shape) -> None:
        metadata = aws.metadata
        for what in ("min", "max", "pattern"):
            ours, theirs = declared.get(what), metadata.get(what)
            # No length is below zero: a model that says so says nothing.
            if what == "min" and aws.type_name in LENGTHS:
                ours, theirs = ours or None, theirs or None
            if ours != theirs:
                self._differs(where, what, _text(ours), _text(theirs))
        ours, theirs = set(declared.get("enum", [])), set(metadata.get("enum", []))
        if ours != theirs:
            self._differs(where, "enum", _words(ours - theirs), _words(theirs - ours))

    def _differs(self, where: str, what: str, sandbox: str, aws: str) -> None:
        self.differences.append(Difference(where, what, sandbox, aws))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _text(value: Any) -> str:
    return ABSENT if value is None else str(value)


def _words(words: set[str]) -> str:
    return f"only here: {', '.join(sorted(words))}" if words else ABSENT


def load_allowed(path: Path) -> list[Allowed]:
    """The allow-list: `[[allowed]]` tables of `where`, `what` and `reason`, all required."""
    entries = [Allowed(**entry) for entry in tomllib.loads(path.read_text("utf-8")).get("allowed", [])]
    for entry in entries:
        if not entry.reason.strip():
            raise SystemExit(f"{path}: {entry.where} ({entry.what}) is allowed without a reason")
    return entries


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def stale(allowed: list[Allowed], comparison: Comparison, services: set[str]) -> list[Allowed]:
    """Entries about a compared service that explain nothing any more."""
    return [
        entry
        for entry in allowed
        if entry.where.split(".")[0] in services and not any(map(entry.explains, comparison.differences))
    ]


def main() -> int:
    """Prints what differs; 1 if anything is unexplained, 2 if the input is not what it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--allowed", type=Path, default=HERE / "shapes_allowed.toml", help="the allow-list")
    arguments = parser.parse_args()
    allowed = load_allowed(arguments.allowed)
    document = json.load(sys.stdin)
    comparison = Comparison()
    try:
        comparison.compare(document)
    except (AttributeError, KeyError, TypeError) as error:
        print(f"the shapes on standard input have another form than expected: {error!r}", file=sys.stderr)
        return 2
    if not comparison.operations and not comparison.differences:
        print("no operation is declared on standard input: nothing was compared", file=sys.stderr)
        return 2

    for where, members in comparison.unknown_to_sandbox.items():
        print(f"warning: AWS also has {where}: {', '.join(members)}")
    unexplained = [d for d in sorted(comparison.differences) if not any(entry.explains(d) for entry in allowed)]
    if unexplained:
        heading = ("where", "what", "sandbox", "AWS")
        print(*table([heading, *((d.where, d.what, d.sandbox, d.aws) for d in unexplained)]), sep="\n")
    unneeded = stale(allowed, comparison, set(document))
    for entry in unneeded:
        print(f"nothing differs at {entry.where} ({entry.what}) any more: remove it from {arguments.allowed.name}")
    explained = len(comparison.differences) - len(unexplained)
    print(f"operations: {comparison.operations}, differences: {len(unexplained)}, explained differences: {explained}")
    return 1 if unexplained or unneeded else 0


if __name__ == "__main__":
    sys.exit(main())
