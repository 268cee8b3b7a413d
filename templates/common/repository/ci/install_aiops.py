"""Installs aiops into a directory, from an archive that is what its checksum says.

    python ci/install_aiops.py DIRECTORY

AIOPS_ARCHIVE_URL and AIOPS_ARCHIVE_SHA256 say which: variables of the repository or, better, of the organisation, so
that a new version is one change for all repositories.
"""

import hashlib
import hmac
import io
import os
import re
import sys
import tarfile
import urllib.request
from pathlib import Path

LIMIT = 200 * 1024 * 1024


def download(url: str) -> bytes:
    """What is at `url`, up to a limit."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        content = answer.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise SystemExit(f"{url} is larger than {LIMIT} bytes")
    return content


def verify(archive: bytes, sha256: str) -> None:
    """Ends the job unless `archive` has this digest."""
    actual = hashlib.sha256(archive).hexdigest()
    if not hmac.compare_digest(actual, sha256):
        raise SystemExit(f"the archive has SHA-256 {actual}, and AIOPS_ARCHIVE_SHA256 says {sha256}")


def unpack(archive: bytes, directory: Path) -> Path:
    """Writes the file `aiops` of a .tar.gz, in whichever folder of it, into `directory`; nothing else is unpacked."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            if member.isfile() and Path(member.name).name == "aiops":
                content = members.extractfile(member)
                assert content is not None
                directory.mkdir(parents=True, exist_ok=True)
                binary = directory / "aiops"
                binary.write_bytes(content.read())
                binary.chmod(0o755)
                return binary
    raise SystemExit("there is no file aiops in the archive")


def main() -> None:
    """Installs it."""
    url, sha256 = os.environ.get("AIOPS_ARCHIVE_URL", ""), os.environ.get("AIOPS_ARCHIVE_SHA256", "").strip().lower()
    if not url.startswith("https://") or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise SystemExit(
            "set the CI variables AIOPS_ARCHIVE_URL (https://..., a .tar.gz with aiops for Linux) and"
            " AIOPS_ARCHIVE_SHA256 (its 64 hexadecimal digits): the README says how"
        )
    archive = download(url)
    verify(archive, sha256)
    print(unpack(archive, Path(sys.argv[1])))


if __name__ == "__main__":
    main()
