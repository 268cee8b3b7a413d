"""What shared services keep for everybody: keys, event buses, connections to source code."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError

from clients.support import (
    CENTRAL,
    REGION,
    STRANGER,
    TENANT,
    ConformanceTest,
    allow,
    assume,
    client,
    policy,
    session,
    unique,
)


def statement(principal: str, actions: str | list[str]) -> dict[str, Any]:
    """A statement of a key's policy."""
    return allow(actions, Principal={"AWS": principal})


class Keys(ConformanceTest):
    """KMS."""

    def setUp(self) -> None:
        """Makes a key."""
        super().setUp()
        self.kms = client(session(CENTRAL), "kms")
        self.tags = [{"TagKey": "team", "TagValue": "platform"}]
        self.key = self.kms.create_key(Description="models", Tags=self.tags)["KeyMetadata"]
        self.id, self.arn = self.key["KeyId"], self.key["Arn"]

    def test_a_key_and_its_aliases(self) -> None:
        self.assertEqual((CENTRAL, "Enabled"), (self.key["AWSAccountId"], self.key["KeyState"]))
        name = f"alias/{unique('models')}"
        self.kms.create_alias(AliasName=name, TargetKeyId=self.arn)
        for reference in (self.id, self.arn, name, f"arn:aws:kms:{REGION}:{CENTRAL}:{name}"):
            self.assertEqual(self.key, self.kms.describe_key(KeyId=reference)["KeyMetadata"])
        with self.refused("AlreadyExistsException", status=400):
            self.kms.create_alias(AliasName=name, TargetKeyId=self.id)
        other = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.kms.update_alias(AliasName=name, TargetKeyId=other)
        pages = self.kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 1})
        targets = {alias["AliasName"]: alias["TargetKeyId"] for page in pages for alias in page["Aliases"]}
        self.assertEqual(other, targets[name])
        self.kms.delete_alias(AliasName=name)
        with self.refused("NotFoundException", says=name):
            self.kms.describe_key(KeyId=name)
        pages = self.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1})
        keys = {key["KeyId"] for page in pages for key in page["Keys"]}
        self.assertLessEqual({self.id, other}, keys)

    def test_the_policy_of_a_key_decides(self) -> None:
        document = json.loads(self.kms.get_key_policy(KeyId=self.id)["Policy"])
        self.assertEqual({"AWS": f"arn:aws:iam::{CENTRAL}:root"}, document["Statement"][0]["Principal"])
        name = unique("reader")
        reader = client(assume(CENTRAL, name, [allow("kms:*")], CENTRAL), "kms")
        reader.describe_key(KeyId=self.id)
        only = policy(statement(f"arn:aws:iam::{CENTRAL}:role/{name}", ["kms:DescribeKey"]))
        with self.refused("MalformedPolicyDocumentException", says="in the future"):
            self.kms.put_key_policy(KeyId=self.id, Policy=only)
        self.kms.put_key_policy(KeyId=self.id, Policy=only, BypassPolicyLockoutSafetyCheck=True)
        reader.describe_key(KeyId=self.id)
        for locked_out in (reader, self.kms):
            with self.refused("AccessDeniedException", status=400, says="no resource-based policy allows"):
                locked_out.get_key_policy(KeyId=self.id)

    def test_another_account_needs_leave_from_both_sides(self) -> None:
        tenant = client(session(TENANT), "kms")
        with self.refused("AccessDeniedException", says="kms:DescribeKey"):
            tenant.describe_key(KeyId=self.arn)
        root = statement(f"arn:aws:iam::{CENTRAL}:root", "kms:*")
        shared = policy(root, statement(f"arn:aws:iam::{TENANT}:root", "kms:DescribeKey"))
        self.kms.put_key_policy(KeyId=self.id, Policy=shared)
        self.assertEqual(CENTRAL, tenant.describe_key(KeyId=self.arn)["KeyMetadata"]["AWSAccountId"])
        with self.refused("AccessDeniedException"):
            client(session(STRANGER), "kms").describe_key(KeyId=self.arn)

    def test_rotation_and_tags(self) -> None:
        self.assertFalse(self.kms.get_key_rotation_status(KeyId=self.id)["KeyRotationEnabled"])
        self.kms.enable_key_rotation(KeyId=self.id, RotationPeriodInDays=180)
        status = self.kms.get_key_rotation_status(KeyId=self.arn)
        self.assertEqual((True, 180), (status["KeyRotationEnabled"], status["RotationPeriodInDays"]))
        self.kms.disable_key_rotation(KeyId=self.id)
        more = [{"TagKey": f"tag-{number}", "TagValue": str(number)} for number in range(3)]
        self.kms.tag_resource(KeyId=self.id, Tags=more)
        self.kms.untag_resource(KeyId=self.id, TagKeys=["tag-1"])
        pages = self.kms.get_paginator("list_resource_tags").paginate(KeyId=self.id, PaginationConfig={"PageSize": 2})
        self.assertEqual([more[0], more[2], *self.tags], [tag for page in pages for tag in page["Tags"]])
        with self.refused("TagException", status=400):
            self.kms.tag_resource(KeyId=self.id, Tags=[more[0], more[0]])

    def test_the_end_of_a_key_can_be_called_off(self) -> None:
        with self.refused("ValidationException", says="between 7 and 30"):
            self.kms.schedule_key_deletion(KeyId=self.id, PendingWindowInDays=1)
        scheduled = self.kms.schedule_key_deletion(KeyId=self.id, PendingWindowInDays=7)
        self.assertEqual((self.arn, "PendingDeletion"), (scheduled["KeyId"], scheduled["KeyState"]))
        with self.refused("KMSInvalidStateException", says="pending deletion"):
            self.kms.enable_key(KeyId=self.id)
        self.kms.cancel_key_deletion(KeyId=self.id)
        self.assertEqual("Disabled", self.kms.describe_key(KeyId=self.id)["KeyMetadata"]["KeyState"])
        with self.refused("DisabledException"):
            self.kms.enable_key_rotation(KeyId=self.id)
        self.kms.enable_key(KeyId=self.id)
        self.kms.disable_key(KeyId=self.id)
        with self.refused("KMSInvalidStateException"):
            self.kms.cancel_key_deletion(KeyId=self.id)


class Buses(ConformanceTest):
    """EventBridge."""

    def setUp(self) -> None:
        """Makes a bus."""
        super().setUp()
        self.events = client(session(CENTRAL), "events")
        self.name = unique("bus")
        settings = {"Description": "central", "LogConfig": {"Level": "ERROR", "IncludeDetail": "NONE"}}
        self.arn = self.events.create_event_bus(Name=self.name, Tags=[{"Key": "a", "Value": "1"}], **settings)[
            "EventBusArn"
        ]
        found = self.events.describe_event_bus(Name=self.name)
        self.assertEqual(settings, {key: found[key] for key in settings})

    def test_buses_come_and_go(self) -> None:
        self.assertEqual("default", self.events.describe_event_bus()["Name"])
        with self.refused("ResourceAlreadyExistsException", status=400):
            self.events.create_event_bus(Name=self.name)
        prefix = unique("paged")
        names = [f"{prefix}-{number}" for number in range(3)]
        for name in names:
            self.events.create_event_bus(Name=name)
        listed, token = [], {}
        while token is not None:
            page = self.events.list_event_buses(NamePrefix=prefix, Limit=2, **token)
            listed += [bus["Name"] for bus in page["EventBuses"]]
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        self.assertEqual(names, listed)
        for name in (*names, self.name, self.name):
            self.events.delete_event_bus(Name=name)
        with self.refused("ResourceNotFoundException", status=400, says=self.name):
            self.events.describe_event_bus(Name=self.name)
        with self.refused("ValidationException"):
            self.events.delete_event_bus(Name="default")

    def test_permissions_open_a_bus(self) -> None:
        tenant = client(session(TENANT), "events")
        with self.refused("AccessDeniedException", says="no resource-based policy"):
            tenant.describe_event_bus(Name=self.arn)
        bus = {"EventBusName": self.name}
        sender = {"Action": "events:PutEvents", "Principal": TENANT, "StatementId": "tenant"}
        self.events.put_permission(**bus, **sender)
        organization = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-0123456789"}
        everyone = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "all", "Condition": organization}
        self.events.put_permission(**bus, **everyone)
        self.assertEqual(["tenant", "all"], [found["Sid"] for found in self.statements()])
        self.events.remove_permission(**bus, StatementId="tenant")
        self.assertEqual({"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}, self.statements()[0]["Condition"])
        with self.refused("ResourceNotFoundException"):
            self.events.remove_permission(**bus, StatementId="tenant")
        readers = allow("events:DescribeEventBus", self.arn, Principal={"AWS": f"arn:aws:iam::{TENANT}:root"})
        self.events.put_permission(**bus, Policy=policy(readers))
        self.assertEqual(self.name, tenant.describe_event_bus(Name=self.arn)["Name"])
        self.events.remove_permission(**bus, RemoveAllPermissions=True)
        self.assertNotIn("Policy", self.events.describe_event_bus(Name=self.name))
        with self.refused("ValidationException"):
            self.events.put_permission(**bus, Policy="{}")

    def statements(self) -> list[dict[str, Any]]:
        """The statements of the bus's policy."""
        return json.loads(self.events.describe_event_bus(Name=self.name)["Policy"])["Statement"]

    def test_tags(self) -> None:
        self.events.tag_resource(ResourceARN=self.arn, Tags=[{"Key": "b", "Value": "2"}])
        self.events.untag_resource(ResourceARN=self.arn, TagKeys=["a"])
        tags = self.events.list_tags_for_resource(ResourceARN=self.arn)["Tags"]
        self.assertEqual([{"Key": "b", "Value": "2"}], tags)
        with self.refused("ResourceNotFoundException"):
            self.events.list_tags_for_resource(ResourceARN=f"{self.arn}-2")


class Connections(ConformanceTest):
    """CodeConnections, in each of its protocols."""

    def test_json(self) -> None:
        self.use(client(session(CENTRAL), "codeconnections"))

    def test_cbor(self) -> None:
        # boto3 prefers JSON where a service speaks both. The judge reads none, so botocore's own parser has to do.
        with patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("smithy-rpc-v2-cbor",)):
            made = boto3.client("codeconnections", aws_access_key_id=CENTRAL, aws_secret_access_key="any")
            self.assertEqual("smithy-rpc-v2-cbor", made.meta.service_model.resolved_protocol)
            self.use(made)

    def use(self, connections: Any) -> None:
        """Goes through the life of a connection."""
        name = unique("git")
        made = connections.create_connection(ConnectionName=name, ProviderType="GitHub")
        arn = made["ConnectionArn"]
        expected = {
            "ConnectionName": name,
            "ConnectionArn": arn,
            "ProviderType": "GitHub",
            "OwnerAccountId": CENTRAL,
            "ConnectionStatus": "PENDING",
        }
        self.assertEqual(expected, connections.get_connection(ConnectionArn=arn)["Connection"])
        tags = [
            {"Key": "aiops-sandbox:handshake", "Value": "done"},
            {"Key": "for-use-with-all-datazone-projects", "Value": "true"},
        ]
        connections.tag_resource(ResourceArn=arn, Tags=tags)
        self.assertEqual("AVAILABLE", connections.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"])
        self.assertEqual(tags, connections.list_tags_for_resource(ResourceArn=arn)["Tags"])
        connections.untag_resource(ResourceArn=arn, TagKeys=[tag["Key"] for tag in tags])
        self.assertEqual([], connections.list_tags_for_resource(ResourceArn=arn)["Tags"])
        other = connections.create_connection(ConnectionName=unique("git"), ProviderType="GitLab", Tags=tags)
        listed, token = [], {}
        while token is not None:
            page = connections.list_connections(ProviderTypeFilter="GitHub", MaxResults=1, **token)
            listed += page["Connections"]
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        self.assertIn(expected, listed)
        self.assertEqual({"GitHub"}, {found["ProviderType"] for found in listed})
        for gone in (arn, other["ConnectionArn"]):
            connections.delete_connection(ConnectionArn=gone)
            with self.assertRaises(ClientError) as caught:
                connections.get_connection(ConnectionArn=gone)
            self.assertIsInstance(caught.exception, connections.exceptions.ResourceNotFoundException)
        with self.refused("ValidationException", status=400, says="connectionName"):
            connections.create_connection(ConnectionName="n" * 33, ProviderType="GitHub")
        with self.refused("AccessDeniedException", status=400, says="codeconnections:GetConnection"):
            connections.get_connection(ConnectionArn=arn.replace(CENTRAL, STRANGER))


class Tags(ConformanceTest):
    """The Resource Groups Tagging API."""

    def test_tagged_resources_are_found(self) -> None:
        key, tagging = unique("project"), client(session(CENTRAL), "resourcegroupstaggingapi")
        events = client(session(CENTRAL), "events")
        made = {
            events.create_event_bus(Name=unique("bus"), Tags=[{"Key": key, "Value": value}])["EventBusArn"]: value
            for value in ("a", "b", "c")
        }
        pages = tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": key}], ResourceTypeFilters=["events"], PaginationConfig={"PageSize": 2}
        )
        found = [each for page in pages for each in page["ResourceTagMappingList"]]
        self.assertEqual(made, {each["ResourceARN"]: each["Tags"][0]["Value"] for each in found})
        pages = tagging.get_paginator("get_tag_keys").paginate()
        self.assertIn(key, [each for page in pages for each in page["TagKeys"]])
        self.assertEqual(["a", "b", "c"], tagging.get_tag_values(Key=key)["TagValues"])
        with self.refused("InvalidParameterException", status=400):
            tagging.get_resources(ResourceARNList=list(made), ResourceTypeFilters=["events"])
