"""The archive of dropped files: each content once, as received, with a manifest beside it.

    data/calendly/export.csv -> data/landing/files/calendly/<sha-256>.csv + <sha-256>.json

A file is hashed while it is copied, so what is read later is exactly what was hashed. Removing or overwriting the
file in the drop folder changes nothing here.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calendly_pipeline.disk import write_durably, writing
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.home import Home

CHUNK = 1 << 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DEFAULT_ACCOUNT = "default"


@dataclass(frozen=True)
class LandedFile:
    """One content that was dropped, under the name it first came with."""

    sha256: str
    folder: str
    name: str
    landed_at: datetime
    modified_at: datetime
    size_bytes: int

    @property
    def file_id(self) -> str:
        """Durable id: the drop folder and the content."""
        return f"{self.folder}:{self.sha256}"

    @property
    def ending(self) -> str:
        """`.csv`, `.csv.gz`, `.xlsx`, ... of the name it came with."""
        suffixes = Path(self.name).suffixes[-2:]
        return "".join(suffixes if suffixes and suffixes[-1] == ".gz" else suffixes[-1:]).lower()


@dataclass(frozen=True)
class LandingReport:
    """What one look at the drop folders brought."""

    new: tuple[LandedFile, ...]
    seen_count: int
    unsettled: tuple[str, ...]
    """Names of files that changed while they were copied; they are taken the next time."""


def land(home: Home, landed_at: datetime) -> LandingReport:
    """Copy every new content of the drop folders into landing; safe to repeat and to interrupt."""
    with writing("landing"):
        return _land(home, landed_at)


def _land(home: Home, landed_at: datetime) -> LandingReport:
    new: list[LandedFile] = []
    unsettled: list[str] = []
    seen = 0
    for path in home.dropped_files():
        relative = path.relative_to(home.data)
        folder = relative.parts[0]
        if _manifest(home, folder, _digest(path, relative.as_posix())).exists():
            seen += 1
            continue
        copied = _copy(path, home.landing / "files" / folder)
        if copied is None:
            unsettled.append(relative.as_posix())
            continue
        temporary, sha256, modified_at, size = copied
        file = LandedFile(sha256, folder, Path(*relative.parts[1:]).as_posix(), landed_at, modified_at, size)
        temporary.replace(content(home, file))
        _write_manifest(home, file)
        new.append(file)
    return LandingReport(tuple(new), seen, tuple(unsettled))


def landed_files(home: Home) -> list[LandedFile]:
    """Everything ever landed, oldest first: by landing, then modification time, then name."""
    manifests = (home.landing / "files").glob("*/*.json")
    files = [_read_manifest(path) for path in manifests]
    return sorted(files, key=lambda file: (file.landed_at, file.modified_at, file.name, file.file_id))


def landed_state(home: Home) -> set[tuple[str, int, int]]:
    """Path below `data/`, size and modification time (microseconds since 1970) of every landed file."""
    return {
        (f"{file.folder}/{file.name}", file.size_bytes, (file.modified_at - EPOCH) // MICROSECOND)
        for file in landed_files(home)
    }


def content(home: Home, file: LandedFile) -> Path:
    """Where the bytes of a landed file lie."""
    return home.landing / "files" / file.folder / f"{file.sha256}{file.ending}"


def account_of(file: LandedFile, accounts: Sequence[str]) -> str:
    """The account a file belongs to: the one its sub-folder is named after, else the only one, else `default`."""
    first = Path(file.name).parts[0]
    if first in accounts and first != file.name:
        return first
    return accounts[0] if len(accounts) == 1 else DEFAULT_ACCOUNT


def _digest(path: Path, name: str) -> str:
    try:
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except PermissionError as error:
        remedy = "Let the pipeline's user read it, or take it out of the folder."
        raise UnreadableFile(name, "the pipeline may not read it", remedy) from error


def _copy(path: Path, target: Path) -> tuple[Path, str, datetime, int] | None:
    target.mkdir(parents=True, exist_ok=True)
    before = path.stat()
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=target, prefix=".landing-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, path.open("rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        after = path.stat()
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        temporary.unlink()
        return None
    return temporary, digest.hexdigest(), EPOCH + before.st_mtime_ns // 1000 * MICROSECOND, before.st_size


def _manifest(home: Home, folder: str, sha256: str) -> Path:
    return home.landing / "files" / folder / f"{sha256}.json"


def _write_manifest(home: Home, file: LandedFile) -> None:
    path = _manifest(home, file.folder, file.sha256)
    text = json.dumps(asdict(file), default=lambda value: value.isoformat(), indent=1)
    write_durably(path, text.encode(), mode=0o644)


def _read_manifest(path: Path) -> LandedFile:
    document = json.loads(path.read_text(encoding="utf-8"))
    for name in ("landed_at", "modified_at"):
        document[name] = datetime.fromisoformat(document[name])
    return LandedFile(**document)
