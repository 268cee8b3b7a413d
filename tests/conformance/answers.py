"""Judges what a server answers: every answer that botocore receives is walked against AWS's own service model.

botocore forgives much: it drops members that it does not know, and leaves out required ones that did not come. So the
judge reads the bytes themselves, before they become what a caller sees.

    judge = AnswerJudge()
    judge.watch(boto3.Session())
    ...
    judge.violations   # what no client should have to put up with
    judge.remarks      # values outside a pattern, a length or an enum; the models are not exact here
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import boto3
from botocore.awsrequest import AWSResponse
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from dateutil.parser import isoparse, parse

# Required by the model, left out by AWS: the name of a version is its group's and a number.
NOT_REALLY_REQUIRED = {("DescribeModelPackage", "ModelPackageName")}
INTEGERS = {"integer", "long"}
FLOATS = {"float", "double"}
IN_HTTP = {"header", "headers", "statusCode"}


@dataclass
class AnswerJudge:
    """What was wrong with the answers seen so far, as `Operation: path: problem`."""

    violations: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    answers: int = 0

    def watch(self, session: boto3.Session) -> None:
        """Judges the answers to all clients that `session` makes from now on."""
        session.events.register("after-call", self._after_call)

    def _after_call(self, http_response: AWSResponse, model: OperationModel, parsed: Any, **_: Any) -> None:
        self.answers += 1
        if http_response.status_code >= 300:
            found = error_problems(http_response, parsed)
        else:
            found = answer_problems(model, http_response)
        for problem in found:
            target = self.remarks if problem.mild else self.violations
            target.append(f"{model.name}: {problem.path or 'answer'}: {problem.text}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; `mild` where the model itself cannot be trusted to the letter."""

    path: str
    text: str
    mild: bool = False


Problems = Iterator[Problem]


def answer_problems(model: OperationModel, response: AWSResponse) -> Problems:
    """What is wrong with a successful answer."""
    output = model.output_shape
    if output is None:
        return
    yield from _http_problems(model, output, response)
    payload = output.serialization.get("payload")
    if model.has_streaming_output or (payload and output.members[payload].type_name in ("blob", "string")):
        return
    body_shape = output.members[payload] if payload else output
    if not payload and not any(True for _ in _body_members(output)):
        return
    protocol = model.service_model.resolved_protocol
    if protocol in ("json", "rest-json"):
        try:
            value = json.loads(response.content)
        except ValueError as error:
            yield Problem("", f"is no JSON: {error}")
            return
        yield from _json(model.name, "", body_shape, value)
    elif protocol in ("query", "rest-xml"):
        try:
            root = ElementTree.fromstring(response.content)
        except ElementTree.ParseError as error:
            yield Problem("", f"is no XML: {error}")
            return
        yield from _document(model, body_shape, root)
    else:
        yield Problem("", f"speaks {protocol}, which nobody here can judge")


def error_problems(response: AWSResponse, parsed: dict[str, Any]) -> Problems:
    """What is wrong with an error answer: clients need a code, words and something to quote to the operator."""
    error = parsed.get("Error", {})
    headless = not response.content
    if not error.get("Code"):
        yield Problem("Error.Code", "missing")
    if not error.get("Message") and not headless:
        yield Problem("Error.Message", "missing")
    if not parsed.get("ResponseMetadata", {}).get("RequestId"):
        yield Problem("RequestId", "missing")


def _http_problems(model: OperationModel, output: StructureShape, response: AWSResponse) -> Problems:
    if not response.headers.get("x-amzn-requestid") and not response.headers.get("x-amz-request-id"):
        yield Problem("RequestId", "missing from the headers")
    for name, shape in output.members.items():
        if shape.serialization.get("location") != "header":
            continue
        text = response.headers.get(shape.serialization.get("name", name))
        if text is not None:
            yield from _text(name, shape, text, "rfc822")
        elif name in output.required_members:
            yield Problem(name, "required, and its header is missing")


def _body_members(shape: StructureShape) -> Iterator[tuple[str, Shape]]:
    for name, member in shape.members.items():
        if member.serialization.get("location") not in IN_HTTP:
            yield name, member


def _missing(operation: str, path: str, shape: StructureShape, present: set[str]) -> Problems:
    in_body = {name for name, _ in _body_members(shape)}
    for name in sorted(in_body.intersection(shape.required_members) - present):
        if (operation, name) not in NOT_REALLY_REQUIRED:
            yield Problem(_join(path, name), "required, and missing")


def _json(operation: str, path: str, shape: Shape, value: Any) -> Problems:
    match shape:
        case StructureShape():
            yield from _json_structure(operation, path, shape, value)
        case ListShape():
            if not isinstance(value, list):
                yield Problem(path, f"expected a list, found {value!r}")
                return
            yield from _bounds(path, shape, len(value), "items")
            for index, item in enumerate(value):
                yield from _json(operation, f"{path}[{index}]", shape.member, item)
        case MapShape():
            if not isinstance(value, dict):
                yield Problem(path, f"expected a map, found {value!r}")
                return
            yield from _bounds(path, shape, len(value), "entries")
            for key, item in value.items():
                yield from _json(operation, f"{path}{{key}}", shape.key, key)
                yield from _json(operation, f"{path}{{{key}}}", shape.value, item)
        case _:
            yield from _json_scalar(path, shape, value)


def _json_structure(operation: str, path: str, shape: StructureShape, value: Any) -> Problems:
    if not isinstance(value, dict):
        yield Problem(path, f"expected a structure, found {value!r}")
        return
    by_wire_name = {member.serialization.get("name", name): name for name, member in _body_members(shape)}
    present = set()
    for wire_name, item in value.items():
        name = by_wire_name.get(wire_name)
        if name is None:
            yield Problem(_join(path, wire_name), "not a member that AWS has")
            continue
        present.add(name)
        if item is None:
            yield Problem(_join(path, name), "null; AWS leaves such a member out")
        else:
            yield from _json(operation, _join(path, name), shape.members[name], item)
    yield from _missing(operation, path, shape, present)


def _json_scalar(path: str, shape: Shape, value: Any) -> Problems:
    kind = shape.type_name
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "blob": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "timestamp": number if shape.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp" else True,
        **dict.fromkeys(INTEGERS, number and isinstance(value, int)),
        **dict.fromkeys(FLOATS, number),
    }
    if not fits.get(kind, True):
        yield Problem(path, f"expected {kind}, found {value!r}")
    elif isinstance(value, str):
        yield from _text(path, shape, value, "iso8601")
    elif kind in INTEGERS | FLOATS:
        yield from _bounds(path, shape, value, "as value")


def _document(model: OperationModel, shape: Shape, root: ElementTree.Element) -> Problems:
    service = model.service_model
    name, found_namespace = _tag(root), _namespace(root)
    wrapper = (model.output_shape.serialization if model.output_shape else {}).get("resultWrapper")
    if service.resolved_protocol == "query":
        if name != f"{model.name}Response":
            yield Problem("", f"root element is {name}, expected {model.name}Response")
        namespace = service.metadata.get("xmlNamespace", "")
    else:
        namespace = shape.serialization.get("xmlNamespace", {}).get("uri", "")
    if namespace and found_namespace != namespace:
        yield Problem("", f"XML namespace is {found_namespace!r}, expected {namespace!r}")
    body = root
    if wrapper:
        metadata = next((child for child in root if _tag(child) == "ResponseMetadata"), None)
        if metadata is None:
            yield Problem("ResponseMetadata", "missing")
        inner = next((child for child in root if _tag(child) == wrapper), None)
        if inner is None:
            yield Problem("", f"element {wrapper} is missing")
            return
        body = inner
    yield from _xml(model.name, "", shape, [body])


def _xml(operation: str, path: str, shape: Shape, elements: list[ElementTree.Element]) -> Problems:
    """Judges the elements that carry one value: several where a list or map is flattened."""
    match shape:
        case ListShape():
            yield from _xml_list(operation, path, shape, elements)
        case MapShape():
            yield from _xml_map(operation, path, shape, elements)
        case StructureShape():
            yield from _once(path, elements)
            yield from _xml_structure(operation, path, shape, elements[0])
        case _:
            yield from _once(path, elements)
            if len(elements[0]):
                yield Problem(path, f"expected {shape.type_name}, found elements")
            yield from _text(path, shape, elements[0].text or "", "iso8601")


def _xml_list(operation: str, path: str, shape: ListShape, elements: list[ElementTree.Element]) -> Problems:
    items = elements
    if not shape.serialization.get("flattened"):
        yield from _once(path, elements)
        items, expected = list(elements[0]), shape.member.serialization.get("name", "member")
        for item in items:
            if _tag(item) != expected:
                yield Problem(path, f"items are called {_tag(item)}, expected {expected}")
    yield from _bounds(path, shape, len(items), "items")
    for index, item in enumerate(items):
        yield from _xml(operation, f"{path}[{index}]", shape.member, [item])


def _xml_map(operation: str, path: str, shape: MapShape, elements: list[ElementTree.Element]) -> Problems:
    entries = elements if shape.serialization.get("flattened") else list(elements[0])
    for entry in entries:
        for part, name in ((shape.key, "key"), (shape.value, "value")):
            wanted = part.serialization.get("name", name)
            found = [child for child in entry if _tag(child) == wanted]
            if found:
                yield from _xml(operation, f"{path}{{{name}}}", part, found)
            else:
                yield Problem(path, f"an entry has no {wanted}")


def _xml_structure(operation: str, path: str, shape: StructureShape, element: ElementTree.Element) -> Problems:
    by_wire_name: dict[str, str] = {}
    for name, member in _body_members(shape):
        wire_name: str = member.serialization.get("name", name)
        if isinstance(member, ListShape) and member.serialization.get("flattened"):
            wire_name = member.member.serialization.get("name") or wire_name
        by_wire_name[wire_name.split(":")[-1]] = name
    groups: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        known = by_wire_name.get(_tag(child))
        if known is None:
            yield Problem(_join(path, _tag(child)), "not a member that AWS has")
        else:
            groups.setdefault(known, []).append(child)
    attributes = {key.rsplit("}", 1)[-1] for key in element.attrib}
    present = set(groups) | {name for wire_name, name in by_wire_name.items() if wire_name in attributes}
    for name, children in groups.items():
        yield from _xml(operation, _join(path, name), shape.members[name], children)
    yield from _missing(operation, path, shape, present)


def _text(path: str, shape: Shape, text: str, timestamps: str) -> Problems:
    """Judges a scalar written as text: every scalar in XML and in headers, strings in JSON."""
    kind = shape.type_name
    fault = f"expected {kind}, found {text!r}"
    try:
        if kind in INTEGERS:
            yield from _bounds(path, shape, int(text), "as value")
        elif kind in FLOATS:
            yield from _bounds(path, shape, float(text), "as value")
        elif kind == "timestamp":
            _timestamp(text, shape.serialization.get("timestampFormat", timestamps))
        elif kind == "blob":
            base64.b64decode(text, validate=True)
        elif kind == "boolean" and text not in ("true", "false"):
            yield Problem(path, fault)
    except (ValueError, binascii.Error):
        yield Problem(path, fault)
    if kind != "string":
        return
    yield from _bounds(path, shape, len(text), "characters")
    words = shape.metadata.get("enum")
    if words and text not in words:
        yield Problem(path, f"{text!r} is none of {', '.join(words)}", mild=True)


def _timestamp(text: str, form: str) -> datetime:
    match form:
        case "unixTimestamp":
            return datetime.fromtimestamp(float(text))
        case "rfc822":
            return parse(text)
        case _:
            return isoparse(text)


def _bounds(path: str, shape: Shape, measure: float, unit: str) -> Problems:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and measure < low) or (high is not None and measure > high):
        yield Problem(path, f"{measure} {unit}, outside {low}..{high}", mild=True)


def _once(path: str, elements: list[ElementTree.Element]) -> Problems:
    if len(elements) > 1:
        yield Problem(path, f"comes {len(elements)} times")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _namespace(element: ElementTree.Element) -> str:
    return element.tag[1:].rsplit("}", 1)[0] if element.tag.startswith("{") else ""


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
