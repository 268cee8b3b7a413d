"""STS, IAM and Organizations: who one is, what one may, and where."""

from __future__ import annotations

import base64
import json

from botocore.exceptions import ClientError

from clients.support import (
    CENTRAL,
    MANAGEMENT,
    STRANGER,
    TENANT,
    ConformanceTest,
    allow,
    assume,
    client,
    deny,
    eventually,
    policy,
    role_session,
    session,
    trust,
    unique,
    until,
)


class Sts(ConformanceTest):
    """Credentials decide the account."""

    def role(self, account: str, trust_policy: str, *statements: dict) -> str:
        """Makes a role and gives its ARN."""
        iam = client(session(account), "iam")
        name = unique("role")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(*statements))
        return arn

    def test_a_key_of_twelve_digits_is_that_account(self) -> None:
        for account in (MANAGEMENT, CENTRAL, TENANT):
            identity = client(session(account), "sts").get_caller_identity()
            self.assertEqual(account, identity["Account"])
            self.assertIn(account, identity["Arn"])

    def test_an_assumed_role_acts_in_its_account(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT), allow(["s3:CreateBucket", "s3:ListAllMyBuckets"]))
        sts = client(session(TENANT), "sts")
        answer = eventually(
            lambda: sts.assume_role(
                RoleArn=arn,
                RoleSessionName="lead@bank",
                SourceIdentity="lead",
                DurationSeconds=900,
                Tags=[{"Key": "persona", "Value": "lead"}],
            )
        )
        self.assertEqual("lead", answer["SourceIdentity"])
        self.assertEqual(f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/lead@bank",
                         answer["AssumedRoleUser"]["Arn"])  # fmt: skip
        there = role_session(answer["Credentials"])
        identity = client(there, "sts").get_caller_identity()
        self.assertEqual(CENTRAL, identity["Account"])
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], identity["Arn"])
        self.assertEqual(answer["AssumedRoleUser"]["AssumedRoleId"], identity["UserId"])

        bucket = unique("assumed")
        client(there, "s3").create_bucket(Bucket=bucket)
        names = {account: self.buckets(account) for account in (CENTRAL, TENANT)}
        self.assertIn(bucket, names[CENTRAL])
        self.assertNotIn(bucket, names[TENANT])

    def buckets(self, account: str) -> list[str]:
        """The names of an account's buckets."""
        return [bucket["Name"] for bucket in client(session(account), "s3").list_buckets()["Buckets"]]

    def test_a_role_trusts_only_whom_it_names(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT))
        eventually(lambda: client(session(TENANT), "sts").assume_role(RoleArn=arn, RoleSessionName="known"))
        with self.refused("AccessDenied", status=403, says="sts:AssumeRole"):
            client(session(STRANGER), "sts").assume_role(RoleArn=arn, RoleSessionName="unknown")

    def test_a_role_that_does_not_exist_is_denied_like_any_other(self) -> None:
        sts = client(session(TENANT), "sts")
        with self.refused("AccessDenied", status=403):
            sts.assume_role(RoleArn=f"arn:aws:iam::{CENTRAL}:role/{unique('none')}", RoleSessionName="nobody")

    def test_an_external_id_must_be_the_agreed_one(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT, StringEquals={"sts:ExternalId": "agreed"}))
        sts = client(session(TENANT), "sts")
        eventually(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="with", ExternalId="agreed"))
        for wrong in ({}, {"ExternalId": "other"}):
            with self.refused("AccessDenied"):
                sts.assume_role(RoleArn=arn, RoleSessionName="without", **wrong)

    def test_a_source_identity_cannot_change_through_chaining(self) -> None:
        second = self.role(CENTRAL, trust(CENTRAL))
        first = self.role(CENTRAL, trust(TENANT), allow(["sts:AssumeRole", "sts:SetSourceIdentity"], second))
        sts = client(session(TENANT), "sts")
        credentials = eventually(lambda: sts.assume_role(RoleArn=first, RoleSessionName="first", SourceIdentity="one"))[
            "Credentials"
        ]
        chained = client(role_session(credentials), "sts")
        answer = eventually(lambda: chained.assume_role(RoleArn=second, RoleSessionName="second"))
        self.assertEqual("one", answer.get("SourceIdentity"))
        with self.refused("AccessDenied"):
            chained.assume_role(RoleArn=second, RoleSessionName="third", SourceIdentity="other")

    def test_a_session_policy_takes_away(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT), allow("s3:*"))
        sts = client(session(TENANT), "sts")
        narrow = policy(allow("s3:ListAllMyBuckets"))
        answer = eventually(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="narrow", Policy=narrow))
        s3 = client(role_session(answer["Credentials"]), "s3")
        s3.list_buckets()
        with self.refused("AccessDenied", status=403):
            s3.create_bucket(Bucket=unique("narrow"))

    def test_malformed_requests_are_named_as_such(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT))
        sts = client(session(TENANT), "sts")
        with self.refused("ValidationError", status=400, says="roleSessionName"):
            sts.assume_role(RoleArn=arn, RoleSessionName="not allowed!")
        with self.refused("ValidationError", status=400):
            sts.assume_role(RoleArn=arn, RoleSessionName="brief", DurationSeconds=901 * 100)

    def test_unknown_and_tampered_credentials_are_refused(self) -> None:
        arn = self.role(CENTRAL, trust(TENANT))
        sts = client(session(TENANT), "sts")
        credentials = eventually(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="tampered"))["Credentials"]
        for change in ({"SessionToken": "other"}, {"AccessKeyId": "ASIAUNKNOWNUNKNOWN00"}):
            with self.refused("InvalidClientTokenId", status=403):
                client(role_session(credentials | change), "sts").get_caller_identity()


class WebIdentity(ConformanceTest):
    """Roles for whom a provider of OpenID Connect vouches."""

    def setUp(self) -> None:
        """Every test has a provider of its own, since an account has one for each URL."""
        super().setUp()
        self.iam = client(session(TENANT), "iam")
        self.host = f"{unique('issuer')}.example"
        made = self.iam.create_open_id_connect_provider(
            Url=f"https://{self.host}", ClientIDList=["sts.amazonaws.com"], Tags=[{"Key": "team", "Value": "ci"}]
        )
        self.provider = made["OpenIDConnectProviderArn"]
        self.assertEqual(f"arn:aws:iam::{TENANT}:oidc-provider/{self.host}", self.provider)

    def token(self, **claims: object) -> str:
        """A token without a signature."""
        whole = {"iss": f"https://{self.host}", "aud": "sts.amazonaws.com", "exp": 4102444800, **claims}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({"alg": "none"}, whole)]
        return ".".join(part.rstrip("=") for part in parts) + "."

    def role(self, *subjects: str) -> str:
        """A role that trusts the provider's tokens about `subjects`."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{self.host}:aud": "sts.amazonaws.com", f"{self.host}:sub": list(subjects)}
            },
        }
        made = self.iam.create_role(RoleName=unique("ci"), AssumeRolePolicyDocument=policy(statement))
        return made["Role"]["Arn"]

    def test_a_provider_comes_back_as_it_was_made(self) -> None:
        named = {"OpenIDConnectProviderArn": self.provider}
        self.iam.add_client_id_to_open_id_connect_provider(ClientID="other", **named)
        self.iam.tag_open_id_connect_provider(Tags=[{"Key": "stage", "Value": "test"}], **named)
        self.iam.untag_open_id_connect_provider(TagKeys=["team"], **named)
        found = self.iam.get_open_id_connect_provider(**named)
        self.assertEqual(self.host, found["Url"])
        self.assertEqual(["sts.amazonaws.com", "other"], found["ClientIDList"])
        tags = self.iam.list_open_id_connect_provider_tags(**named)["Tags"]
        self.assertEqual([{"Key": "stage", "Value": "test"}], tags)
        listed = [one["Arn"] for one in self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        self.assertIn(self.provider, listed)
        with self.refused("EntityAlreadyExists", status=409):
            self.iam.create_open_id_connect_provider(Url=f"https://{self.host}")
        self.iam.delete_open_id_connect_provider(**named)
        with self.refused("NoSuchEntity", status=404):
            self.iam.get_open_id_connect_provider(**named)

    def test_a_token_of_the_trusted_subject_opens_a_session_without_a_key(self) -> None:
        arn = self.role("repo:o/r:ref:refs/heads/main", "repo:o/r:environment:prod")
        nobody = client(session(""), "sts")
        for subject in ("repo:o/r:ref:refs/heads/main", "repo:o/r:environment:prod"):
            token = self.token(sub=subject)
            answer = eventually(
                lambda token=token: nobody.assume_role_with_web_identity(
                    RoleArn=arn, RoleSessionName="run-7", WebIdentityToken=token
                )
            )
            self.assertEqual(subject, answer["SubjectFromWebIdentityToken"])
            self.assertEqual("sts.amazonaws.com", answer["Audience"])
            identity = client(role_session(answer["Credentials"]), "sts").get_caller_identity()
            self.assertEqual(answer["AssumedRoleUser"]["Arn"], identity["Arn"])

    def test_other_tokens_do_not(self) -> None:
        arn = self.role("repo:o/r:environment:prod")
        nobody = client(session(""), "sts")
        good = {
            "RoleArn": arn,
            "RoleSessionName": "run-7",
            "WebIdentityToken": self.token(sub="repo:o/r:environment:prod"),
        }
        eventually(lambda: nobody.assume_role_with_web_identity(**good))
        cases = {
            "AccessDenied": self.token(sub="repo:o/r:environment:test"),
            "InvalidIdentityToken": self.token(sub="repo:o/r:environment:prod", aud="other"),
            "ExpiredTokenException": self.token(sub="repo:o/r:environment:prod", exp=1),
        }
        for code, token in cases.items():
            with self.subTest(code), self.refused(code):
                nobody.assume_role_with_web_identity(**(good | {"WebIdentityToken": token}))


class Iam(ConformanceTest):
    """Roles and policies."""

    def setUp(self) -> None:
        """Every test looks at one account's IAM."""
        super().setUp()
        self.iam = client(session(TENANT), "iam")

    def test_a_role_comes_back_as_it_was_made(self) -> None:
        name = unique("role")
        tags = [{"Key": "team", "Value": "credit"}]
        made = self.iam.create_role(
            RoleName=name,
            Path="/ml/",
            AssumeRolePolicyDocument=trust(CENTRAL),
            Description="what it is for",
            MaxSessionDuration=7200,
            Tags=tags,
        )["Role"]
        self.assertEqual(f"arn:aws:iam::{TENANT}:role/ml/{name}", made["Arn"])
        self.assertRegex(made["RoleId"], r"^AROA[A-Z0-9]{16,}$")
        found = self.iam.get_role(RoleName=name)["Role"]
        self.assertEqual(7200, found["MaxSessionDuration"])
        self.assertEqual(tags, found["Tags"])
        self.assertEqual("what it is for", found["Description"])
        # botocore has decoded the URL-encoded JSON by now.
        self.assertEqual("Allow", found["AssumeRolePolicyDocument"]["Statement"][0]["Effect"])
        with self.refused("EntityAlreadyExists", status=409):
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(CENTRAL))
        self.iam.delete_role(RoleName=name)
        with self.refused("NoSuchEntity", status=404):
            self.iam.get_role(RoleName=name)

    def test_roles_are_listed_in_pages(self) -> None:
        path = f"/{unique('paged')}/"
        names = sorted(unique("role") for _ in range(5))
        for name in names:
            self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust(CENTRAL))
        pages = list(self.iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2}))
        self.assertEqual(names, sorted(role["RoleName"] for page in pages for role in page["Roles"]))
        self.assertGreaterEqual(len(pages), 3)

    def test_inline_policies(self) -> None:
        name = unique("role")
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(CENTRAL))
        self.iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(allow("s3:GetObject")))
        self.assertEqual(["may"], self.iam.list_role_policies(RoleName=name)["PolicyNames"])
        document = self.iam.get_role_policy(RoleName=name, PolicyName="may")["PolicyDocument"]
        self.assertEqual("s3:GetObject", document["Statement"][0]["Action"])
        with self.refused("DeleteConflict", status=409):
            self.iam.delete_role(RoleName=name)
        self.iam.delete_role_policy(RoleName=name, PolicyName="may")
        with self.refused("NoSuchEntity"):
            self.iam.get_role_policy(RoleName=name, PolicyName="may")
        with self.refused("MalformedPolicyDocument", status=400):
            self.iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument='{"Statement": 1}')

    def test_attached_policies(self) -> None:
        name = unique("role")
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(CENTRAL))
        made = self.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(allow("s3:GetObject")))
        arn = made["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        attached = self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        self.assertEqual([arn], [entry["PolicyArn"] for entry in attached])
        with self.refused("DeleteConflict"):
            self.iam.delete_role(RoleName=name)
        self.iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        self.iam.delete_policy(PolicyArn=arn)
        with self.refused("NoSuchEntity"):
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def test_a_deny_wins(self) -> None:
        role = assume(TENANT, unique("role"), [allow("iam:*"), deny("iam:CreateRole")], CENTRAL)
        iam = client(role, "iam")
        eventually(iam.list_roles)
        with self.refused("AccessDenied", status=403, says="explicit deny"):
            iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=trust(CENTRAL))

    def test_what_is_not_allowed_is_denied(self) -> None:
        iam = client(assume(TENANT, unique("role"), [allow("iam:ListRoles")], CENTRAL), "iam")
        eventually(iam.list_roles)
        with self.refused("AccessDenied", says="is not authorized to perform: iam:GetRole"):
            iam.get_role(RoleName="any")


class Organizations(ConformanceTest):
    """The organization and its accounts, seen from the management account."""

    def setUp(self) -> None:
        """There is one organization; whoever is first makes it."""
        super().setUp()
        self.organizations = client(session(MANAGEMENT), "organizations")
        try:
            self.organizations.describe_organization()
        except ClientError as error:
            if error.response["Error"]["Code"] != "AWSOrganizationsNotInUseException":
                raise
            self.organizations.create_organization(FeatureSet="ALL")
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]

    def test_the_organization_knows_its_management_account(self) -> None:
        organization = self.organizations.describe_organization()["Organization"]
        self.assertEqual(MANAGEMENT, organization["MasterAccountId"])
        self.assertRegex(organization["Id"], r"^o-[a-z0-9]{10,32}$")
        with self.refused("AccountNotFoundException"):
            self.organizations.describe_account(AccountId="999999999999")

    def test_accounts_stand_in_units_and_are_listed_in_pages(self) -> None:
        unit = self.organizations.create_organizational_unit(ParentId=self.root, Name=unique("unit"))
        unit_id = unit["OrganizationalUnit"]["Id"]
        below = self.organizations.list_organizational_units_for_parent(ParentId=self.root)["OrganizationalUnits"]
        self.assertIn(unit_id, [entry["Id"] for entry in below])
        made = [self.account() for _ in range(3)]
        for account in made:
            self.organizations.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=unit_id)
        inside = self.organizations.list_accounts_for_parent(ParentId=unit_id)["Accounts"]
        self.assertEqual(sorted(made), sorted(account["Id"] for account in inside))

        pager = self.organizations.get_paginator("list_accounts")
        pages = list(pager.paginate(PaginationConfig={"PageSize": 2}))
        everyone = [account["Id"] for page in pages for account in page["Accounts"]]
        self.assertEqual(len(everyone), len(set(everyone)))
        self.assertLessEqual({MANAGEMENT, *made}, set(everyone))
        self.assertGreaterEqual(len(pages), 2)
        with self.refused("SourceParentNotFoundException", "AccountNotFoundException", "InvalidInputException"):
            self.organizations.move_account(AccountId=made[0], SourceParentId=self.root, DestinationParentId=unit_id)

    def account(self) -> str:
        """Makes an account and gives its id."""
        name = unique("account")
        request = self.organizations.create_account(AccountName=name, Email=f"{name}@example.com")
        request_id = request["CreateAccountStatus"]["Id"]

        def created() -> dict:
            answer = self.organizations.describe_create_account_status(CreateAccountRequestId=request_id)
            return answer["CreateAccountStatus"]

        status = until(created, lambda answer: answer["State"] != "IN_PROGRESS")
        self.assertEqual("SUCCEEDED", status["State"])
        return status["AccountId"]
