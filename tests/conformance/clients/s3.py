"""S3: objects, listings, copies, parts, checksums, versions and bucket policies."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

from boto3.s3.transfer import TransferConfig

from clients.support import (
    CENTRAL,
    STRANGER,
    TENANT,
    ConformanceTest,
    allow,
    assume,
    client,
    deny,
    policy,
    session,
    unique,
)

PART = 5 * 1024 * 1024
CRC64_NVME = 0x9A6C9329AC4BC9B5


def crc64nvme(data: bytes) -> str:
    """The checksum as S3 writes it; botocore cannot compute it without a native library, so it serves as a witness."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (CRC64_NVME if value & 1 else 0)
        table.append(value)
    value = 0xFFFF_FFFF_FFFF_FFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return base64.b64encode((value ^ 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big")).decode()


def sha256(data: bytes) -> str:
    """The checksum as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Bucket(ConformanceTest):
    """A test with a bucket of its own in the central account."""

    def setUp(self) -> None:
        """Makes the bucket."""
        super().setUp()
        self.s3 = client(session(CENTRAL), "s3")
        self.bucket = unique("models")
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key: str, body: bytes = b"content", **rest: Any) -> dict[str, Any]:
        """Puts an object."""
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **rest)

    def body(self, key: str, **rest: Any) -> bytes:
        """Gets an object's content."""
        return self.s3.get_object(Bucket=self.bucket, Key=key, **rest)["Body"].read()

    def source(self, key: str) -> dict[str, str]:
        """Names an object to copy from."""
        return {"Bucket": self.bucket, "Key": key}


class Objects(Bucket):
    """Put, get, head, delete."""

    def test_an_object_comes_back_as_it_was_put(self) -> None:
        put = self.put("a/b.json", b"{}", ContentType="application/json", Metadata={"origin": "dev"})
        self.assertEqual(f'"{hashlib.md5(b"{}", usedforsecurity=False).hexdigest()}"', put["ETag"])
        got = self.s3.get_object(Bucket=self.bucket, Key="a/b.json")
        self.assertEqual(b"{}", got["Body"].read())
        head = self.s3.head_object(Bucket=self.bucket, Key="a/b.json")
        for answer in (got, head):
            self.assertEqual("application/json", answer["ContentType"])
            self.assertEqual({"origin": "dev"}, answer["Metadata"])
            self.assertEqual(2, answer["ContentLength"])
            self.assertEqual(put["ETag"], answer["ETag"])
        self.s3.delete_object(Bucket=self.bucket, Key="a/b.json")
        self.s3.delete_object(Bucket=self.bucket, Key="a/b.json")
        with self.refused("NoSuchKey", status=404):
            self.body("a/b.json")
        with self.refused("404", status=404):
            self.s3.head_object(Bucket=self.bucket, Key="a/b.json")

    def test_a_range_is_part_of_an_object(self) -> None:
        self.put("digits", b"0123456789")
        got = self.s3.get_object(Bucket=self.bucket, Key="digits", Range="bytes=2-4")
        self.assertEqual((b"234", "bytes 2-4/10", 206), (
            got["Body"].read(), got["ContentRange"], got["ResponseMetadata"]["HTTPStatusCode"]))  # fmt: skip
        self.assertEqual(b"89", self.body("digits", Range="bytes=-2"))
        with self.refused("InvalidRange", status=416):
            self.body("digits", Range="bytes=20-30")

    def test_writes_may_be_conditional(self) -> None:
        etag = self.put("once", IfNoneMatch="*")["ETag"]
        with self.refused("PreconditionFailed", status=412):
            self.put("once", IfNoneMatch="*")
        self.put("once", b"next", IfMatch=etag)
        with self.refused("PreconditionFailed", status=412):
            self.put("once", b"late", IfMatch=etag)
        self.assertEqual(b"next", self.body("once"))

    def test_reads_may_be_conditional(self) -> None:
        etag = self.put("x")["ETag"]
        self.assertEqual(b"content", self.body("x", IfMatch=etag))
        with self.refused("PreconditionFailed", status=412):
            self.body("x", IfMatch='"other"')
        with self.refused("304", status=304):
            self.body("x", IfNoneMatch=etag)

    def test_several_objects_are_deleted_at_once(self) -> None:
        for key in ("a", "b&<c>", "d"):
            self.put(key)
        deleted = self.s3.delete_objects(
            Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in ("a", "b&<c>", "never")]}
        )["Deleted"]
        self.assertEqual(["a", "b&<c>", "never"], sorted(entry["Key"] for entry in deleted))
        self.assertEqual(["d"], [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]])

    def test_buckets(self) -> None:
        self.s3.head_bucket(Bucket=self.bucket)
        with self.refused("NoSuchBucket", status=404):
            self.s3.list_objects_v2(Bucket=unique("none"))
        with self.refused("BucketAlreadyExists", status=409):
            client(session(TENANT), "s3").create_bucket(Bucket=self.bucket)
        self.put("left")
        with self.refused("BucketNotEmpty", status=409):
            self.s3.delete_bucket(Bucket=self.bucket)
        self.s3.delete_object(Bucket=self.bucket, Key="left")
        self.s3.delete_bucket(Bucket=self.bucket)
        with self.refused("404", status=404):
            self.s3.head_bucket(Bucket=self.bucket)


class Listings(Bucket):
    """ListObjectsV2."""

    KEYS = ("a b+c/ü=1&2.txt", "build/1", "build/2", "build/sub/3", "deploy/1", "top", "z<&>'\"")

    def setUp(self) -> None:
        """Puts objects whose names are hard to carry."""
        super().setUp()
        for key in self.KEYS:
            self.put(key)

    def keys(self, **rest: Any) -> list[str]:
        """All keys, page by page."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, **rest)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def test_keys_come_in_byte_order_over_all_pages(self) -> None:
        expected = sorted(self.KEYS, key=str.encode)
        for size in (1, 2, 3, 1000):
            self.assertEqual(expected, self.keys(PaginationConfig={"PageSize": size}))
        self.assertEqual(expected[3:], self.keys(StartAfter=expected[2]))
        self.assertEqual(["build/1", "build/2", "build/sub/3"], self.keys(Prefix="build/"))

    def test_prefixes_count_as_entries_of_a_page(self) -> None:
        pages = list(
            self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
            )
        )
        prefixes = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        self.assertEqual((["a b+c/", "build/", "deploy/"], ["top", "z<&>'\""]), (prefixes, keys))
        self.assertTrue(all(page["KeyCount"] <= 2 for page in pages))

    def test_every_listed_key_can_be_read(self) -> None:
        for key in self.keys():
            self.assertEqual(b"content", self.body(key))


class Copies(Bucket):
    """CopyObject."""

    def test_a_copy_keeps_or_replaces_metadata(self) -> None:
        self.put("from ü+", b"model", Metadata={"origin": "dev"}, ContentType="text/csv")
        for directive, expected in (("COPY", {"origin": "dev"}), ("REPLACE", {"origin": "central"})):
            copied = self.s3.copy_object(
                Bucket=self.bucket,
                Key="to",
                CopySource=self.source("from ü+"),
                MetadataDirective=directive,
                Metadata={"origin": "central"},
            )
            head = self.s3.head_object(Bucket=self.bucket, Key="to")
            self.assertEqual(copied["CopyObjectResult"]["ETag"], head["ETag"])
            self.assertEqual(expected, head["Metadata"])
        self.assertEqual(b"model", self.body("to"))

    def test_a_copy_may_be_conditional(self) -> None:
        etag = self.put("from")["ETag"]

        def copy(**condition: str) -> None:
            self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=self.source("from"), **condition)

        copy(CopySourceIfMatch=etag, IfNoneMatch="*")
        for condition in ({"CopySourceIfMatch": '"other"'}, {"CopySourceIfNoneMatch": etag}, {"IfNoneMatch": "*"}):
            with self.subTest(condition), self.refused("PreconditionFailed", status=412):
                copy(**condition)
        with self.refused("NoSuchKey", status=404):
            self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=self.source("never"))

    def test_a_copy_may_come_from_another_account_that_lets_it(self) -> None:
        self.put("model.tar.gz", b"model")
        tenant = client(session(TENANT), "s3")
        mine = unique("tenant")
        tenant.create_bucket(Bucket=mine)

        def copy() -> None:
            tenant.copy_object(Bucket=mine, Key="model.tar.gz", CopySource=self.source("model.tar.gz"))

        with self.refused("AccessDenied", status=403):
            copy()
        reader = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:root"}}
        statement = allow("s3:GetObject", f"arn:aws:s3:::{self.bucket}/*", **reader)
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(statement))
        copy()
        self.assertEqual(b"model", tenant.get_object(Bucket=mine, Key="model.tar.gz")["Body"].read())


class Parts(Bucket):
    """Multipart uploads."""

    def start(self, key: str, **rest: Any) -> dict[str, Any]:
        """Starts an upload; gives what every further call names."""
        answer = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **rest)
        return {"Bucket": self.bucket, "Key": key, "UploadId": answer["UploadId"]}

    def part(self, upload: dict[str, Any], number: int, body: bytes, **rest: Any) -> dict[str, Any]:
        """Uploads a part; gives what completes the upload."""
        answer = self.s3.upload_part(**upload, PartNumber=number, Body=body, **rest)
        sums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        return {"PartNumber": number, "ETag": answer["ETag"], **sums}

    def test_parts_become_one_object(self) -> None:
        self.put("source", b"s" * (2 * PART))
        upload = self.start("whole", ChecksumAlgorithm="SHA256", Metadata={"origin": "dev"})
        copied = self.s3.upload_part_copy(
            **upload, PartNumber=1, CopySource=self.source("source"), CopySourceRange=f"bytes=0-{PART - 1}"
        )["CopyPartResult"]
        first = {"PartNumber": 1, "ETag": copied["ETag"], "ChecksumSHA256": copied["ChecksumSHA256"]}
        second = self.part(upload, 2, b"end", ChecksumAlgorithm="SHA256")
        listed = self.s3.list_parts(**upload)["Parts"]
        self.assertEqual([(1, PART), (2, 3)], [(part["PartNumber"], part["Size"]) for part in listed])
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]
        self.assertEqual(["whole"], [entry["Key"] for entry in uploads])
        done = self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first, second]})
        self.assertTrue(done["ETag"].endswith('-2"'), done["ETag"])
        sums = b"".join(hashlib.sha256(part).digest() for part in (b"s" * PART, b"end"))
        self.assertEqual(f"{sha256(sums)}-2", done["ChecksumSHA256"])
        head = self.s3.head_object(Bucket=self.bucket, Key="whole")
        self.assertEqual(({"origin": "dev"}, PART + 3), (head["Metadata"], head["ContentLength"]))
        self.assertEqual(b"sssend", self.body("whole", Range=f"bytes={PART - 3}-"))
        with self.refused("NoSuchUpload", status=404):
            self.s3.list_parts(**upload)

    def test_a_checksum_of_the_whole_does_not_depend_on_the_parts(self) -> None:
        content = b"n" * PART + b"end"
        upload = self.start("whole", ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
        parts = [
            self.part(upload, number, body, ChecksumCRC64NVME=crc64nvme(body))
            for number, body in ((1, content[:PART]), (2, content[PART:]))
        ]
        done = self.s3.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT", ChecksumCRC64NVME=crc64nvme(content)
        )
        self.assertEqual((crc64nvme(content), "FULL_OBJECT"), (done["ChecksumCRC64NVME"], done["ChecksumType"]))

    def test_what_cannot_be_completed(self) -> None:
        upload = self.start("whole")
        small, last = self.part(upload, 1, b"small"), self.part(upload, 2, b"l" * PART)
        with self.refused("EntityTooSmall", status=400):
            self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [small, last]})
        with self.refused("InvalidPart", status=400):
            self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [last | {"ETag": f'"{"0" * 32}"'}]})
        with self.refused("InvalidPartOrder", status=400):
            self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [last, small]})
        self.s3.abort_multipart_upload(**upload)
        with self.refused("NoSuchUpload", status=404):
            self.part(upload, 1, b"late")
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=self.bucket))

    def test_the_transfer_manager_moves_big_objects(self) -> None:
        content = bytes(range(256)) * (2 * PART // 256) + b"tail"
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        self.s3.upload_fileobj(io.BytesIO(content), self.bucket, "big", Config=config)
        self.s3.copy(self.source("big"), self.bucket, "copy", Config=config)
        back = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "copy", back, Config=config)
        self.assertEqual(hashlib.sha256(content).digest(), hashlib.sha256(back.getvalue()).digest())


class Checksums(Bucket):
    """What proves that content arrived whole."""

    CONTENT = b"123456789"

    def test_the_witness_is_right(self) -> None:
        self.assertEqual(bytes.fromhex("ae8b14860a799888"), base64.b64decode(crc64nvme(self.CONTENT)))

    def test_checksums_are_kept_and_given_back(self) -> None:
        cases = {
            "ChecksumSHA256": (sha256(self.CONTENT), {"ChecksumAlgorithm": "SHA256"}),
            "ChecksumCRC64NVME": (crc64nvme(self.CONTENT), {"ChecksumCRC64NVME": crc64nvme(self.CONTENT)}),
        }
        for name, (value, request) in cases.items():
            with self.subTest(name):
                self.assertEqual(value, self.put(name, self.CONTENT, **request)[name])
                head = self.s3.head_object(Bucket=self.bucket, Key=name, ChecksumMode="ENABLED")
                self.assertEqual((value, "FULL_OBJECT"), (head[name], head["ChecksumType"]))
                attributes = self.s3.get_object_attributes(
                    Bucket=self.bucket, Key=name, ObjectAttributes=["ETag", "Checksum", "ObjectSize"]
                )
                self.assertEqual((value, 9), (attributes["Checksum"][name], attributes["ObjectSize"]))
                self.assertNotIn('"', attributes["ETag"])
                # botocore compares SHA-256 with the content by itself, and raises if they differ.
                self.assertEqual(self.CONTENT, self.body(name, ChecksumMode="ENABLED"))
                self.assertNotIn(name, self.s3.head_object(Bucket=self.bucket, Key=name))

    def test_a_copy_can_be_given_another_checksum(self) -> None:
        self.put("from", self.CONTENT)
        for algorithm, value in (("SHA256", sha256(self.CONTENT)), ("CRC64NVME", crc64nvme(self.CONTENT))):
            answer = self.s3.copy_object(
                Bucket=self.bucket, Key="to", CopySource=self.source("from"), ChecksumAlgorithm=algorithm
            )
            self.assertEqual(value, answer["CopyObjectResult"][f"Checksum{algorithm}"])

    def test_content_that_does_not_match_is_refused(self) -> None:
        other = b"other content"
        wrong = {
            "ChecksumSHA256": sha256(other),
            "ChecksumCRC64NVME": crc64nvme(other),
            "ContentMD5": base64.b64encode(hashlib.md5(other, usedforsecurity=False).digest()).decode(),
        }
        for name, value in wrong.items():
            with self.subTest(name), self.refused("BadDigest", status=400):
                self.put("refused", self.CONTENT, **{name: value})
        with self.refused("InvalidRequest", status=400):
            self.put("refused", self.CONTENT, ChecksumSHA256="no checksum")
        with self.refused("NoSuchKey"):
            self.body("refused")


class Versions(Bucket):
    """Versioned buckets."""

    def test_versions_and_delete_markers(self) -> None:
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=self.bucket))
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual("Enabled", self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"])
        first, second = (self.put("key", body)["VersionId"] for body in (b"1", b"2"))
        self.assertNotEqual(first, second)
        self.assertEqual((b"2", b"1"), (self.body("key"), self.body("key", VersionId=first)))
        marker = self.s3.delete_object(Bucket=self.bucket, Key="key")
        self.assertTrue(marker["DeleteMarker"])
        with self.refused("NoSuchKey", status=404):
            self.body("key")
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual([second, first], [entry["VersionId"] for entry in listed["Versions"]])
        self.assertEqual([True], [entry["IsLatest"] for entry in listed["DeleteMarkers"]])
        self.s3.delete_object(Bucket=self.bucket, Key="key", VersionId=marker["VersionId"])
        self.assertEqual(b"2", self.body("key"))
        self.s3.delete_object(Bucket=self.bucket, Key="key", VersionId=second)
        self.assertEqual(b"1", self.body("key"))
        with self.refused("NoSuchVersion", status=404):
            self.body("key", VersionId=second)


class Policies(Bucket):
    """Who may use a bucket besides its owner, and who may not despite owning it."""

    def test_another_account_needs_the_bucket_to_say_yes(self) -> None:
        self.put("shared/x")
        self.put("private/x")
        tenant, stranger = (client(session(account), "s3") for account in (TENANT, STRANGER))
        with self.refused("AccessDenied", status=403):
            tenant.get_object(Bucket=self.bucket, Key="shared/x")
        reader = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:root"}}
        self.s3.put_bucket_policy(
            Bucket=self.bucket, Policy=policy(allow("s3:GetObject", f"arn:aws:s3:::{self.bucket}/shared/*", **reader))
        )
        self.assertEqual(b"content", tenant.get_object(Bucket=self.bucket, Key="shared/x")["Body"].read())
        with self.refused("AccessDenied"):
            tenant.get_object(Bucket=self.bucket, Key="private/x")
        with self.refused("AccessDenied"):
            tenant.put_object(Bucket=self.bucket, Key="shared/y", Body=b"")
        with self.refused("AccessDenied"):
            stranger.get_object(Bucket=self.bucket, Key="shared/x")

    def test_a_role_of_another_account_needs_both_sides(self) -> None:
        self.put("shared/x")
        shared = f"arn:aws:s3:::{self.bucket}/shared/*"
        names = {"reader": [allow("s3:GetObject", shared)], "idle": [allow("s3:ListAllMyBuckets")]}
        roles = {name: unique(name) for name in names}
        sessions = {name: assume(TENANT, role, names[name], TENANT) for name, role in roles.items()}
        reader, idle = (client(sessions[name], "s3") for name in ("reader", "idle"))
        own = client(assume(CENTRAL, unique("reader"), names["reader"], CENTRAL), "s3")
        request = {"Bucket": self.bucket, "Key": "shared/x"}
        self.assertEqual(b"content", own.get_object(**request)["Body"].read())
        with self.refused("AccessDenied", status=403, says="no resource-based policy allows the s3:GetObject action"):
            reader.get_object(**request)
        by_account = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:root"}}
        by_role = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:role/{roles['reader']}"}}
        conditions = {"ArnEquals": {"aws:PrincipalArn": by_role["Principal"]["AWS"]}}
        for who in (by_account, by_role, by_account | {"Condition": conditions}):
            with self.subTest(who):
                statement = allow(["s3:GetObject", "s3:PutObject"], shared, **who)
                self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(statement))
                self.assertEqual(b"content", reader.get_object(**request)["Body"].read())
                with self.refused("AccessDenied", says="no identity-based policy allows the s3:PutObject action"):
                    reader.put_object(**request, Body=b"")
                with self.refused("AccessDenied", status=403):
                    idle.get_object(**request)
        denied = policy(allow("s3:GetObject", shared, **by_role), deny("s3:GetObject", shared, **by_role))
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=denied)
        with self.refused("AccessDenied", says="with an explicit deny in a resource-based policy"):
            reader.get_object(**request)

    def test_a_role_copies_from_a_bucket_of_another_account(self) -> None:
        self.put("shared/x", ChecksumAlgorithm="SHA256")
        target = unique("copies")
        client(session(TENANT), "s3").create_bucket(Bucket=target)
        source, copies = (f"arn:aws:s3:::{bucket}/*" for bucket in (self.bucket, target))
        may = [allow(["s3:GetObject", "s3:GetObjectTagging"], source), allow("s3:PutObject", copies)]
        s3 = client(assume(TENANT, unique("copier"), may, TENANT), "s3")

        def copy() -> Any:
            return s3.copy_object(Bucket=target, Key="x", CopySource=self.source("shared/x"))

        with self.refused("AccessDenied", status=403):
            copy()
        account = {"Principal": {"AWS": f"arn:aws:iam::{TENANT}:root"}}
        opened = policy(allow(["s3:GetObject", "s3:GetObjectTagging"], source, **account))
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=opened)
        self.assertEqual(sha256(b"content"), copy()["CopyObjectResult"]["ChecksumSHA256"])
        copied = client(session(TENANT), "s3").get_object(Bucket=target, Key="x")
        self.assertEqual(b"content", copied["Body"].read())

    def test_a_deny_binds_the_owner_too(self) -> None:
        self.put("evidence/1")
        self.put("other")
        frozen = deny("s3:DeleteObject", f"arn:aws:s3:::{self.bucket}/evidence/*", Principal="*")
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(frozen))
        with self.refused("AccessDenied", status=403):
            self.s3.delete_object(Bucket=self.bucket, Key="evidence/1")
        self.s3.delete_object(Bucket=self.bucket, Key="other")

    def test_the_policy_comes_back_and_goes(self) -> None:
        with self.refused("NoSuchBucketPolicy", status=404):
            self.s3.get_bucket_policy(Bucket=self.bucket)
        document = policy(deny("s3:DeleteObject", f"arn:aws:s3:::{self.bucket}/*", Principal="*"))
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=document)
        self.assertEqual(document, self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        self.s3.delete_bucket_policy(Bucket=self.bucket)
        with self.refused("NoSuchBucketPolicy"):
            self.s3.get_bucket_policy(Bucket=self.bucket)
        with self.refused("MalformedPolicy", status=400):
            self.s3.put_bucket_policy(Bucket=self.bucket, Policy="{")

    def test_a_bucket_of_another_owner_than_expected_is_not_touched(self) -> None:
        self.put("x", ExpectedBucketOwner=CENTRAL)
        with self.refused("AccessDenied", status=403):
            self.put("x", ExpectedBucketOwner=TENANT)
