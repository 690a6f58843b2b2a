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
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calendly_pipeline.addresses import Holds, without
from calendly_pipeline.disk import write_durably, writing
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.home import Home
from calendly_pipeline.sources.forgotten_rows import forget_rows
from calendly_pipeline.suppression import NOBODY, Suppression

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
    kept_sha256: str = ""
    """Of the bytes that are kept, when people were erased from them; else blank, and they are as received."""
    erased_count: int = 0
    """Rows that were taken out or emptied."""

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
    suppressed_count: int = 0
    """Rows of erased people in the new files; they did not land."""


def land(home: Home, landed_at: datetime, suppression: Suppression = NOBODY) -> LandingReport:
    """Copy every new content of the drop folders into landing; safe to repeat and to interrupt.

    Rows of erased people do not land: the file keeps the id of what was dropped, and its manifest says what is kept.
    """
    with writing("landing"):
        return _land(home, landed_at, suppression)


def _land(home: Home, landed_at: datetime, suppression: Suppression) -> LandingReport:
    before = landed_files(home)
    kept = {(file.folder, file.kept_sha256) for file in before if file.kept_sha256}
    if before and landed_at <= before[-1].landed_at:  # the clock was set back: what comes later must stay the newer
        landed_at = before[-1].landed_at + MICROSECOND
    new: list[LandedFile] = []
    unsettled: list[str] = []
    seen = 0
    for path in home.dropped_files():
        relative = path.relative_to(home.data)
        folder = relative.parts[0]
        digest = _digest(path, relative.as_posix())
        if _manifest(home, folder, digest).exists() or (folder, digest) in kept:
            seen += 1
            continue
        copied = _copy(path, home.landing / "files" / folder)
        if copied is None:
            unsettled.append(relative.as_posix())
            continue
        temporary, sha256, modified_at, size = copied
        original = temporary
        file = LandedFile(sha256, folder, Path(*relative.parts[1:]).as_posix(), landed_at, modified_at, size)
        if suppression:
            file, temporary = forget_in(temporary, file, suppression.holds)
        temporary.replace(content(home, file))
        write_manifest(home, file)
        original.unlink(missing_ok=True)
        new.append(file)
    return LandingReport(tuple(new), seen, tuple(unsettled), sum(file.erased_count for file in new))


def forget_in(path: Path, file: LandedFile, holds: Holds) -> tuple[LandedFile, Path]:
    """What a file's manifest has to say without these people, and where the bytes it speaks of lie.

    They are `path` itself when it names none of them, else a file beside it, to be renamed. Of a file that is no table
    but names one of them nothing is kept: not a byte of it could be used anyway.
    """
    temporary = path.with_name(f".{path.name.lstrip('.')}.kept")
    try:
        count = forget_rows(path, file.folder, holds, temporary).count
    except UnreadableFile:
        temporary.write_bytes(b"")
        count = 1
    named = replace(file, name=without(file.name, holds))
    if not count:
        return named, path
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    kept = _digest(temporary, named.name)
    if kept == file.kept_sha256:  # the manifest was written, and then somebody pulled the plug
        return named, temporary
    return replace(named, kept_sha256=kept, erased_count=file.erased_count + count), temporary


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


def write_manifest(home: Home, file: LandedFile) -> None:
    """Say what a landed file is; whole or not at all."""
    path = _manifest(home, file.folder, file.sha256)
    text = json.dumps(asdict(file), default=lambda value: value.isoformat(), indent=1)
    write_durably(path, text.encode(), mode=0o644)


def _read_manifest(path: Path) -> LandedFile:
    document = json.loads(path.read_text(encoding="utf-8"))
    for name in ("landed_at", "modified_at"):
        document[name] = datetime.fromisoformat(document[name])
    return LandedFile(**document)
