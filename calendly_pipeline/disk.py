"""What a full or a write-protected disk looks like, in one place; every store turns it into the same two errors."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calendly_pipeline.failures import DiskFull, DiskReadOnly, StoreError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
FULL_WORDS = ("no space left on device", "file too large", "disk quota exceeded", "database or disk is full")
READ_ONLY_WORDS = ("read-only file system", "permission denied", "readonly database", "unable to open database file")


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Around writes of files: raises DiskFull or DiskReadOnly, naming `what`, in place of the system's error."""
    try:
        yield
    except OSError as error:
        found = disk_error(what, error)
        if found is None:
            raise
        raise found from error


def disk_error(what: str, error: BaseException) -> StoreError | None:
    """The error of ours that an error of the system, of DuckDB or of SQLite stands for; None when it is no such one."""
    number = error.errno if isinstance(error, OSError) else None
    said = str(error).lower()
    if "disk i/o error" in said:  # all that SQLite says of a write that was refused for another reason than ENOSPC
        remedy = "Look at the disk's free space and health, and run it again: what was there before is as it was."
        return DiskFull(f"The disk is full or failing: {what} could not be written.", remedy)
    if number in FULL or any(words in said for words in FULL_WORDS):
        remedy = "Free some space and run it again: what was there before is as it was."
        return DiskFull(f"The disk is full: {what} could not be written.", remedy)
    if number in READ_ONLY or any(words in said for words in READ_ONLY_WORDS):
        remedy = "Give the pipeline's user the right to write there, or mount the disk writable; nothing was changed."
        return DiskReadOnly(f"{what} cannot be written: the disk or the folder is read-only.", remedy)
    return None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, not only what they stand for."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(target: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all: under another name, synced, renamed."""
    temporary = target.with_name(f".{target.name}.tmp")
    with writing(target.name):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
