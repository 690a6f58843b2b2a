"""The files of backups by content: each content is kept once, named after its SHA-256, however many backups hold it."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from calendly_pipeline.disk import sync_folder, writing
from calendly_pipeline.failures import BackupDamaged

CHUNK = 1 << 20
FOLDER = "contents"


class Contents:
    """The contents below one backup folder. They hold people's data: nobody but the owner may read them."""

    def __init__(self, root: Path) -> None:
        self.root = root / FOLDER

    def path(self, sha256: str) -> Path:
        """Where a content lies."""
        return self.root / sha256[:2] / sha256

    def holds(self, sha256: str, size_bytes: int) -> bool:
        """Whether a content is there in its full size."""
        path = self.path(sha256)
        return path.exists() and path.stat().st_size == size_bytes

    def add(self, source: Path) -> tuple[str, int]:
        """Copy a file; returns its SHA-256 and size in bytes. A content that is there is not written again."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with writing("the backup"):
            handle, name = tempfile.mkstemp(dir=self.root, prefix=".new-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as out, source.open("rb") as content:
                    sha256, size = _copied(content, out)
                if not self.holds(sha256, size):
                    target = self.path(sha256)
                    target.parent.mkdir(exist_ok=True, mode=0o700)
                    temporary.replace(target)
                    sync_folder(target.parent)
            finally:
                temporary.unlink(missing_ok=True)
        return sha256, size

    def copy_to(self, sha256: str, target: Path, modified_ns: int) -> None:
        """Copy a content to a new file; raises BackupDamaged when it is not what its name says."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with writing(target.name), target.open("wb") as out, self.path(sha256).open("rb") as content:
            found, _ = _copied(content, out)
        if found != sha256:
            raise _damaged(sha256)
        os.utime(target, ns=(modified_ns, modified_ns))

    def verify(self, sha256: str) -> None:
        """Raises BackupDamaged when a content is missing or is not what its name says."""
        try:
            with self.path(sha256).open("rb") as content:
                found = hashlib.file_digest(content, "sha256").hexdigest()
        except FileNotFoundError:
            found = ""
        if found != sha256:
            raise _damaged(sha256)

    def keep_only(self, wanted: Iterable[str]) -> int:
        """Delete every content that no backup names, and what a killed backup left; returns how many went."""
        kept = set(wanted)
        gone = [path for path in self._all() if path.name not in kept]
        for path in gone:
            path.unlink()
            with suppress(OSError):  # other contents are still in it
                path.parent.rmdir()
        return len(gone)

    def _all(self) -> Iterator[Path]:
        if self.root.exists():
            yield from [path for path in self.root.rglob("*") if path.is_file()]


def _copied(source: BinaryIO, out: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        out.write(chunk)
        size += len(chunk)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest(), size


def _damaged(sha256: str) -> BackupDamaged:
    return BackupDamaged(
        f"The backup is damaged: the content {sha256[:16]} is missing or altered. Nothing was restored.",
        "Restore another one: `--at` names it; or fetch the backup folder again from where it was copied to.",
    )
