"""Releases: the build folder's code as an archive that is named by its digest."""

import hashlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

from .project import Project

# What runs in the cloud, of all that is in the build folder.
PARTS = ("jobs", "quality", "samples")
# An archive holds times; a constant one keeps its digest a matter of content.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack(files: dict[str, bytes]) -> bytes:
    """An archive of `files` that has the same bytes wherever and whenever it is made."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _TIME), files[name])
    return sink.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        return {name: content.read(name) for name in content.namelist()}


def build(folder: Path) -> bytes:
    """The release of the code in `folder`."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for part in PARTS
        for path in (folder / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return pack(files)


def name(archive: bytes) -> str:
    """What a release is called."""
    return hashlib.sha256(archive).hexdigest()


def key(project: Project, release: str) -> str:
    """Where a release is kept in the dev bucket."""
    return f"releases/{project.prefix}/{release}.zip"


def keep(archive: bytes, project: Project, s3: Any) -> str:
    """Keeps a release in the dev bucket, and returns its name. One that is there already is the same."""
    release = name(archive)
    s3.put_object(Bucket=project.stages["dev"].bucket, Key=key(project, release), Body=archive)
    return release


def fetch(release: str, project: Project, s3: Any) -> bytes:
    """A release from the dev bucket, if it is what its name says."""
    if not re.fullmatch(r"[0-9a-f]{64}", release):
        raise ValueError(f"{release!r} is no release: it is the SHA-256 that `python -m pipeline run` printed")
    archive = s3.get_object(Bucket=project.stages["dev"].bucket, Key=key(project, release))["Body"].read()
    if name(archive) != release:
        raise ValueError(f"the archive of release {release} is another one, with SHA-256 {name(archive)}")
    return archive
