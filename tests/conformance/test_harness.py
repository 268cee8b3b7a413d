"""Judges the judges, without a server: what they must see, and what they must not hold against anyone.

python -m unittest discover --start-directory tests/conformance
"""

from __future__ import annotations

import io
import json
import tempfile
import unittest
from collections.abc import Callable
from contextlib import redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.session
import check_shapes
from answers import answer_problems, error_problems
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel, Shape

SESSION = botocore.session.Session()


def operation(service: str, name: str) -> OperationModel:
    """AWS's model of an operation."""
    return SESSION.get_service_model(service).operation_model(name)


def declared(shape: Shape, depth: int = 0) -> dict[str, Any]:
    """A shape of AWS's as a sandbox without a fault would declare it."""
    if depth > 12:
        return {"type": "recursive"}
    found = {key: deepcopy(shape.metadata[key]) for key in ("min", "max", "pattern", "enum") if key in shape.metadata}
    result: dict[str, Any] = {"type": shape.type_name, **found}
    match shape.type_name:
        case "structure":
            result["members"] = {
                name: {"required": name in shape.required_members, "shape": declared(member, depth + 1)}
                for name, member in shape.members.items()
            }
        case "list":
            result["member"] = declared(shape.member, depth + 1)
        case "map":
            result |= {"key": declared(shape.key, depth + 1), "value": declared(shape.value, depth + 1)}
    return result


def document(change: Callable[[dict[str, Any]], object] = lambda _: None) -> dict[str, Any]:
    """What a sandbox declares that has CreateModelPackage alone, with something changed in its members."""
    shape = declared(operation("sagemaker", "CreateModelPackage").input_shape)
    change(shape["members"])
    return {"sagemaker": {"operations": {"CreateModelPackage": shape}}}


def checked(shapes: Any, allowed: str = "") -> tuple[int, str]:
    """Runs the checker; gives its exit code and what it printed."""
    with tempfile.TemporaryDirectory() as directory, redirect_stdout(io.StringIO()) as printed:
        path = Path(directory) / "allowed.toml"
        path.write_text(allowed)
        with (
            patch("sys.argv", ["check_shapes.py", "--allowed", str(path)]),
            patch("sys.stdin", io.StringIO(json.dumps(shapes))),
            patch("sys.stderr", printed),
        ):
            return check_shapes.main(), printed.getvalue()


class Shapes(unittest.TestCase):
    """check_shapes.py."""

    def test_aws_itself_differs_in_nothing(self) -> None:
        model = SESSION.get_service_model("sagemaker")
        names = ["CreateModelPackage", "UpdateModelPackage", "Search", "CreateEndpointConfig", "ListModelPackages"]
        operations = {name: declared(model.operation_model(name).input_shape) for name in names}
        code, printed = checked({"sagemaker": {"operations": operations}})
        self.assertEqual((0, "operations: 5, differences: 0, explained differences: 0\n"), (code, printed))

    def test_every_kind_of_difference_is_seen(self) -> None:
        cases: dict[str, Callable[[dict[str, Any]], object]] = {
            "ModelPackageDescription max": lambda m: m["ModelPackageDescription"]["shape"].update(max=5),
            "ClientToken min": lambda m: m["ClientToken"]["shape"].pop("min"),
            "ClientToken pattern": lambda m: m["ClientToken"]["shape"].update(pattern=".*"),
            "ClientToken type": lambda m: m["ClientToken"].update(shape={"type": "integer"}),
            "ModelApprovalStatus enum": lambda m: m["ModelApprovalStatus"]["shape"]["enum"].append("Perhaps"),
            "Clienttoken member": lambda m: m.update(Clienttoken=m.pop("ClientToken")),
            "Tags required": lambda m: m["Tags"].update(required=True),
            "Tags[].Key required": lambda m: m["Tags"]["shape"]["member"]["members"].pop("Key"),
            "CustomerMetadataProperties{key} max": lambda m: m["CustomerMetadataProperties"]["shape"]["key"].pop("max"),
        }
        for expected, change in cases.items():
            with self.subTest(expected):
                code, printed = checked(document(change))
                path, what = expected.split()
                self.assertEqual(1, code)
                self.assertRegex(printed, rf"(?m)^sagemaker\.CreateModelPackage\.{path.translate(ESCAPED)} +{what} ")
                self.assertIn(", differences: 1,", printed)

    def test_what_aws_does_not_have_is_seen(self) -> None:
        for shapes, expected in (
            ({"sagemaker": {"operations": {"MakeModel": None}}}, "sagemaker.MakeModel  operation"),
            ({"wisemaker": {"operations": {"MakeModel": None}}}, "wisemaker  service"),
        ):
            code, printed = checked(shapes)
            self.assertEqual(1, code)
            self.assertIn(expected, printed)

    def test_what_the_sandbox_lacks_is_a_warning(self) -> None:
        code, printed = checked(document(lambda members: members.pop("Domain")))
        self.assertEqual(0, code)
        self.assertIn("AWS also has sagemaker.CreateModelPackage: Domain", printed)

    def test_an_explained_difference_passes_and_a_needless_explanation_does_not(self) -> None:
        shapes = document(lambda members: members["ClientToken"]["shape"].update(pattern=".*"))
        entry = '[[allowed]]\nwhere = "sagemaker.*.ClientToken"\nwhat = "pattern"\nreason = "a test"\n'
        self.assertEqual((0, True), explained(checked(shapes, entry)))
        code, printed = checked(document(), entry)
        self.assertEqual(1, code)
        self.assertIn("remove it", printed)

    def test_nonsense_is_no_pass(self) -> None:
        for nonsense in ({}, [], {"sagemaker": {}}, {"sagemaker": {"operations": {}}}):
            self.assertEqual(2, checked(nonsense)[0], nonsense)


ESCAPED = str.maketrans({c: f"\\{c}" for c in "[]{}."})


def explained(result: tuple[int, str]) -> tuple[int, bool]:
    """The exit code, and whether exactly one difference was explained."""
    return result[0], " differences: 0, explained differences: 1" in result[1]


def answer(body: str, status: int = 200, **headers: str) -> AWSResponse:
    """An HTTP answer as botocore holds it."""
    response = AWSResponse("", status, {"x-amzn-requestid": "1"} | headers, None)
    response._content = body.encode()
    return response


def problems(service: str, name: str, body: str) -> list[str]:
    """What the judge says about an answer."""
    found = answer_problems(operation(service, name), answer(body))
    return [f"{problem.path}: {problem.text}" + (" (mild)" if problem.mild else "") for problem in found]


class JsonAnswers(unittest.TestCase):
    """Answers of SageMaker and Organizations."""

    GOOD = (
        '"ModelPackageGroupName": "g", "ModelPackageArn": "arn:aws:sagemaker:us-east-1:200000000002:model-package/g/1",'
        '"CreationTime": 1.5, "ModelPackageStatus": "Completed",'
        '"ModelPackageStatusDetails": {"ValidationStatuses": []}'
    )

    def test_one_thing_wrong_is_one_problem(self) -> None:
        cases = {
            "": [],
            ', "ModelLifeCycle": {"Stage": "Dev"}': ["ModelLifeCycle.StageStatus: required, and missing"],
            ', "Modelversion": 1': ["Modelversion: not a member that AWS has"],
            ', "ModelPackageVersion": "1"': ["ModelPackageVersion: expected integer, found '1'"],
            ', "ModelPackageVersion": true': ["ModelPackageVersion: expected integer, found True"],
            ', "ModelPackageVersion": 0': ["ModelPackageVersion: 0 as value, outside 1..None (mild)"],
            ', "LastModifiedTime": "2026-01-01T00:00:00Z"': [
                "LastModifiedTime: expected timestamp, found '2026-01-01T00:00:00Z'"
            ],
            ', "CertifyForMarketplace": "yes"': ["CertifyForMarketplace: expected boolean, found 'yes'"],
            ', "ModelLifeCycle": null': ["ModelLifeCycle: null; AWS leaves such a member out"],
            ', "InferenceSpecification": {"Containers": {}}': [
                "InferenceSpecification.Containers: expected a list, found {}"
            ],
            ', "CustomerMetadataProperties": {"a": 1}': ["CustomerMetadataProperties{a}: expected string, found 1"],
            ', "ModelApprovalStatus": "Perhaps"': [
                "ModelApprovalStatus: 'Perhaps' is none of Approved, Rejected, PendingManualApproval (mild)"
            ],
        }
        for rest, expected in cases.items():
            with self.subTest(rest):
                self.assertEqual(expected, problems("sagemaker", "DescribeModelPackage", f"{{{self.GOOD}{rest}}}"))

    def test_no_json_is_a_problem(self) -> None:
        self.assertEqual(1, len(problems("sagemaker", "DescribeModelPackage", "<xml/>")))
        self.assertEqual([": expected a structure, found []"], problems("sagemaker", "DescribeModelPackage", "[]"))

    def test_an_operation_without_an_answer_has_nothing_to_judge(self) -> None:
        self.assertEqual([], problems("sagemaker", "DeleteModelPackage", ""))


class XmlAnswers(unittest.TestCase):
    """Answers of STS, IAM and S3."""

    def test_query_answers(self) -> None:
        def sts(result: str, root: str = "GetCallerIdentityResponse", namespace: str = "2011-06-15") -> list[str]:
            metadata = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
            body = f'<{root} xmlns="https://sts.amazonaws.com/doc/{namespace}/">{result}{metadata}</{root}>'
            return problems("sts", "GetCallerIdentity", body)

        good = "<GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult>"
        self.assertEqual([], sts(good))
        self.assertEqual(1, len(sts(good, root="Other")))
        self.assertEqual(1, len(sts(good, namespace="2000-01-01")))
        self.assertEqual([": element GetCallerIdentityResult is missing"], sts(""))
        unknown = "<GetCallerIdentityResult><Name>1</Name></GetCallerIdentityResult>"
        self.assertEqual(["Name: not a member that AWS has"], sts(unknown))

    def test_lists_of_query_answers_have_members(self) -> None:
        def iam(names: str) -> list[str]:
            result = f"<ListRolePoliciesResult><PolicyNames>{names}</PolicyNames></ListRolePoliciesResult>"
            body = f"{result}<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
            namespace = "https://iam.amazonaws.com/doc/2010-05-08/"
            return problems(
                "iam",
                "ListRolePolicies",
                f'<ListRolePoliciesResponse xmlns="{namespace}">{body}</ListRolePoliciesResponse>',
            )

        self.assertEqual([], iam("<member>a</member><member>b</member>"))
        self.assertEqual([], iam(""))
        self.assertEqual(["PolicyNames: items are called item, expected member"], iam("<item>a</item>"))

    def test_s3_lists_are_flat(self) -> None:
        def s3(content: str) -> list[str]:
            return problems("s3", "ListObjectsV2", f"<ListBucketResult><Name>b</Name>{content}</ListBucketResult>")

        entry = "<Contents><Key>a</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>"
        self.assertEqual([], s3(entry * 2))
        self.assertEqual([], problems("s3", "ListObjectsV2", "<ListBucketResult/>"))
        self.assertEqual(["KeyCount: expected integer, found 'many'"], s3("<KeyCount>many</KeyCount>"))
        self.assertEqual(["Name: comes 2 times"], s3("<Name>b</Name>"))
        wrong = entry.replace("2026-01-01T00:00:00.000Z", "yesterday")
        self.assertEqual(["Contents[0].LastModified: expected timestamp, found 'yesterday'"], s3(wrong))

    def test_flat_lists_may_have_names_of_their_own(self) -> None:
        body = "<ListVersionsResult><Version><Key>a</Key></Version><DeleteMarker/></ListVersionsResult>"
        self.assertEqual([], problems("s3", "ListObjectVersions", body))
        body = body.replace("<DeleteMarker/>", "<DeleteMarkers/>")
        self.assertEqual(["DeleteMarkers: not a member that AWS has"], problems("s3", "ListObjectVersions", body))


class Errors(unittest.TestCase):
    """Error answers."""

    def test_a_code_words_and_a_request_id_are_owed(self) -> None:
        good = {"Error": {"Code": "X", "Message": "y"}, "ResponseMetadata": {"RequestId": "1"}}
        self.assertEqual([], list(error_problems(answer("{}", 400), good)))
        found = [problem.path for problem in error_problems(answer("{}", 400), {})]
        self.assertEqual(["Error.Code", "Error.Message", "RequestId"], found)


if __name__ == "__main__":
    unittest.main()
