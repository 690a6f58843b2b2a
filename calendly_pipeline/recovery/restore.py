"""Bring a backup back: verify, build everything beside what is there, then swap.

Whoever was erased since the backup was made is taken out of it on the way (`erased_since`).

The swap is a handful of renames, written down first in `data/.restore.json`. Killed before that, nothing was touched;
killed after it, every command refuses until `restore` was called again, which goes on where it stopped.
"""

import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from calendly_pipeline.disk import sync_folder, write_durably, writing
from calendly_pipeline.failures import BackupDamaged, InputError, PullBusy, WarehouseBusy
from calendly_pipeline.home import DROP_FOLDERS, Home
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.backup import STATE_ENTRY, maintenance
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.erased_since import (
    ErasedAgain,
    erase_again,
    erase_files_again,
    known_erasures,
)
from calendly_pipeline.recovery.manifest import Manifest
from calendly_pipeline.recovery.state_copy import require_sound, require_unused, sqlite_file
from calendly_pipeline.state import require_known

STAGING = ".restoring"


@dataclass(frozen=True)
class Move:
    """One thing to put in place: from `staged` to `target`, whose present content goes to `aside`."""

    staged: str
    target: str
    aside: str


@dataclass(frozen=True)
class Staged(Home):
    """What comes back, still beside what it replaces; read like a home."""

    @property
    def data(self) -> Path:
        """Where it waits."""
        return self.root / "data" / STAGING


@dataclass(frozen=True)
class RestoreReport:
    """What was brought back."""

    name: str
    files_count: int
    has_state: bool
    was_resumed: bool
    aside: Path | None
    """Where what was replaced lies; None when nothing was."""
    erased: Mapping[str, int]
    """What was taken out of it again of people erased since: where -> rows, records or files."""
    notes: tuple[str, ...]
    """What a person has to look at."""


def restore(home: Home, root: Path, state_url: str, name: str | None, *, is_forced: bool = False) -> RestoreReport:
    """Put a home back as it was at a backup, by default the newest.

    Raises BackupDamaged, before anything is touched, when the backup is not whole; InputError when the home is in use
    and `is_forced` is false; StateError, PullBusy or WarehouseBusy while something works on the home.
    """
    with ExitStack() as stack:
        stack.enter_context(maintenance(home))
        if home.restore_note.exists():
            require_idle(home, stack)
            return _finish(home, was_resumed=True)
        chosen = manifest.chosen(root, name)
        state_file = sqlite_file(state_url) if chosen.state_revision else None
        if not is_forced and (held := what_is_there(home, state_file)):
            raise InputError(f"This home is in use: it holds {held}.", "Name another home, or add --force.")
        _verify(root, chosen)
        require_idle(home, stack)
        if state_file is not None:
            require_unused(state_file)
        _stage(home, root, chosen, state_file, state_url)
        return _finish(home, was_resumed=False)


def what_is_there(home: Home, state_file: Path | None) -> str:
    """What would be replaced, in words; '' for a home that was never used."""
    found = [f"{len(files)} dropped files" for files in [home.dropped_files()] if files]
    if home.landing.exists() and any(path.is_file() for path in home.landing.rglob("*")):
        found.append("landed files")
    if state_file is not None and _has_rows(state_file):
        found.append("a state store with entries")
    return ", ".join(found)


def _has_rows(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(sqlite3.connect(path)) as store:
            names = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
            own = [name for name in names if name != "alembic_version" and not name.startswith("sqlite_")]
            return any(store.execute(f'select 1 from "{name}" limit 1').fetchone() for name in own)  # noqa: S608 - its own table names
    except sqlite3.DatabaseError:
        return True


def _verify(root: Path, chosen: Manifest) -> None:
    if chosen.state_revision:
        require_known(chosen.state_revision)
    contents = Contents(root)
    for sha256 in sorted({entry.sha256 for entry in chosen.files}):
        contents.verify(sha256)
    for entry in chosen.files:
        path = Path(entry.path)
        if path.is_absolute() or ".." in path.parts:
            raise BackupDamaged(f"The backup names a file outside the home: {entry.path}. Nothing was restored.")


def require_idle(home: Home, stack: ExitStack) -> None:
    """Keep refreshes and pulls out until the restore is over."""
    try:
        stack.enter_context(FileLock(home.warehouse.with_suffix(".lock"), timeout=1))
    except Timeout as error:
        raise WarehouseBusy("A run is writing the warehouse.", "Try again when it is done.") from error
    for lock in sorted(home.landing.glob("*/*/.pull.lock")):
        try:
            stack.enter_context(FileLock(lock, timeout=1))
        except Timeout as error:
            raise PullBusy(f"A pull of {lock.parent.name} is running.", "Try again when it is done.") from error


def _stage(home: Home, root: Path, chosen: Manifest, state_file: Path | None, state_url: str) -> None:
    """Build what comes back beside what is there, then write down how to swap them."""
    targets = [home.landing, *(home.drop_folder(name) for name in DROP_FOLDERS)]
    if any(entry.path == home.settings_file.name for entry in chosen.files):
        targets.append(home.settings_file)
    if state_file is not None:
        targets.append(state_file)
    aside = f"replaced-{chosen.name}"
    while (home.data / aside).exists():
        aside += "+"
    moves = [_move(target, home, aside) for target in targets]
    staged = {move.target: Path(move.staged) for move in moves}
    for move in moves:
        shutil.rmtree(Path(move.staged).parent, ignore_errors=True)
    with writing("what comes back"):
        for target in targets[: 1 + len(DROP_FOLDERS)]:
            staged[str(target)].mkdir(parents=True)
        for entry in chosen.files:
            target = state_file if entry.path == STATE_ENTRY else home.root / entry.path
            if target is not None:
                Contents(root).copy_to(entry.sha256, _staged_path(target, staged), entry.modified_ns)
    if state_file is None:
        again = erase_files_again(Staged(home.root), state_url)
    else:
        again = _with_state(home, root, chosen, state_file, staged[str(state_file)])
    note = {
        "name": chosen.name,
        "files_count": len(chosen.files),
        "has_state": state_file is not None,
        "aside": str(home.data / aside),
        "moves": [asdict(move) for move in moves],
        "erased": dict(again.counts),
        "notes": _notes(again),
        "derived": [str(path) for path in (home.warehouse, Path(f"{home.warehouse}.wal"), home.desk)],
    }
    write_durably(home.restore_note, json.dumps(note, indent=1).encode())


def _with_state(home: Home, root: Path, chosen: Manifest, state_file: Path, store: Path) -> ErasedAgain:
    store.chmod(0o600)
    require_sound(store)
    known = known_erasures(f"sqlite:///{state_file}" if state_file.exists() else None, root, chosen.name)
    again = erase_again(Staged(home.root), store, known)
    require_unused(store)
    return again


def _notes(again: ErasedAgain) -> list[str]:
    notes = []
    if again.moments:
        days = ", ".join(sorted({f"{moment:%d %b %Y}" for moment in again.moments}))
        notes.append(f"People erased since that backup ({days}) were taken out of it again.")
    if again.is_incomplete:
        notes.append(
            "Whom the state store that was here, or the newest backup, had erased cannot be told: erase them again."
        )
    return notes + [f"Look at it yourself, it names somebody erased: data/{name}" for name in again.left]


def _move(target: Path, home: Home, aside: str) -> Move:
    return Move(str(target.parent / STAGING / target.name), str(target), str(home.data / aside / target.name))


def _staged_path(target: Path, staged: dict[str, Path]) -> Path:
    for whole, place in staged.items():
        if target == Path(whole) or Path(whole) in target.parents:
            return place / target.relative_to(whole)
    raise BackupDamaged(f"The backup names a file that is no part of one: {target.name}. Nothing was restored.")


def _finish(home: Home, *, was_resumed: bool) -> RestoreReport:
    note: dict[str, Any] = json.loads(home.restore_note.read_text(encoding="utf-8"))
    moves = [Move(**move) for move in note["moves"]]
    with writing("what comes back"):
        for move in moves:
            put_in_place(move)
        for path in note["derived"]:
            Path(path).unlink(missing_ok=True)
        for move in moves:
            shutil.rmtree(Path(move.staged).parent, ignore_errors=True)
        home.restore_note.unlink()
        sync_folder(home.data)
    aside = Path(note["aside"])
    return RestoreReport(
        note["name"],
        note["files_count"],
        note["has_state"],
        was_resumed,
        aside if aside.exists() else None,
        note.get("erased", {}),
        tuple(note.get("notes", ())),
    )


def put_in_place(move: Move) -> None:
    """Safe to repeat, and to stop between any two of its steps."""
    staged, target, aside = Path(move.staged), Path(move.target), Path(move.aside)
    if not staged.exists():
        return
    if target.is_dir() and any(target.iterdir()):
        aside.parent.mkdir(parents=True, exist_ok=True)
        target.rename(aside)
    elif target.is_dir():
        target.rmdir()
    elif target.exists() and not aside.exists():
        aside.parent.mkdir(parents=True, exist_ok=True)
        half = aside.with_name(f".{aside.name}")
        shutil.copy2(target, half)  # a file may lie on another disk than `data/`
        half.replace(aside)
    for log in ("-wal", "-shm"):  # of a damaged store: SQLite would play it into the new one
        target.with_name(target.name + log).unlink(missing_ok=True)
    staged.replace(target)
    sync_folder(target.parent)
