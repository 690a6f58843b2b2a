"""The state store's SQLite file, copied while others write it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from calendly_pipeline.disk import disk_error
from calendly_pipeline.failures import BackupDamaged, InputError, StateError

IN_USE_SECONDS = 2.0


def sqlite_file(url: str) -> Path:
    """The file behind a state store's URL; raises InputError, saying what to use instead, when it is no SQLite."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///"))
    raise InputError(
        f"The state store is {url.partition(':')[0].partition('+')[0]}, which only its own tools can copy whole.",
        "First `pg_dump --format=custom --file=state.dump DATABASE`, then `calendly-pipeline backup DIR "
        "--without-state`: in that order, or landing may lack what the state store says was landed.",
    )


def copy_state(source: Path, target: Path) -> str:
    """Copy the store as it is at one moment, whoever writes it; returns its schema revision.

    SQLite's own online backup, in one step: it reads one snapshot and keeps no writer waiting. Tokens of Calendly's
    OAuth are left out: a refresh token works once, so a copy of it is worth nothing to its owner.
    """
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(_read_only(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            _forget_tokens(copy)
            copy.execute("pragma journal_mode = delete")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise disk_error("the copy of the state store", error) or StateError(
            f"The state store cannot be copied ({type(error).__name__}).", "Run `calendly-pipeline doctor`."
        ) from error
    return require_sound(target)


def _forget_tokens(copy: sqlite3.Connection) -> None:
    tables = {name for (name,) in copy.execute("select name from sqlite_master where type = 'table'")}
    if "oauth_tokens" in tables and copy.execute("delete from oauth_tokens").rowcount:
        copy.commit()
        copy.execute("vacuum")  # what was deleted would otherwise stay in the file's free pages


def require_sound(path: Path) -> str:
    """Raises BackupDamaged when a copy of the store is no whole database; returns its schema revision."""
    try:
        with closing(_read_only(path)) as copy:
            (said,) = copy.execute("pragma integrity_check(1)").fetchone()
            (revision,) = copy.execute("select version_num from alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        said, revision = type(error).__name__, ""
    if said != "ok":
        raise BackupDamaged(f"The copy of the state store is damaged ({said}).", "Restore another backup with `--at`.")
    return revision


def require_unused(path: Path) -> None:
    """Raises StateError while another process has the store open; else leaves it as one file without a log."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=IN_USE_SECONDS)) as store:
            (mode,) = store.execute("pragma journal_mode = delete").fetchone()  # refused while anybody else has it open
    except sqlite3.OperationalError:
        mode = "in use"
    except sqlite3.DatabaseError:
        return  # it is no database: a reason to restore, not to refuse
    if mode != "delete":
        raise StateError(
            "The state store is in use.", "Stop `calendly-pipeline serve` and `calendly-pipeline ui`, then try again."
        )


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
