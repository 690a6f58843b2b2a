"""A person out of backups: each backup becomes a tree, the tree is treated like a home, and its manifest replaced.

Contents that do not change are linked, not copied. A backup is the old one or the new one; stopped between two, the
next erasure goes on.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from calendly_pipeline.home import Home
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.backup import STATE_ENTRY, tidy
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.erasure_landing import (
    erase_from_drop_folders,
    erase_from_landed_files,
    erase_from_pages,
)
from calendly_pipeline.recovery.erasure_state import Person, delivery_bodies, erase_from_state
from calendly_pipeline.recovery.manifest import Entry, Manifest
from calendly_pipeline.recovery.state_copy import require_sound
from calendly_pipeline.state import State, suppressed_addresses, suppression_keys

Count = Callable[[str, int], None]


def erase_from_backups(root: Path, live: State, who: Person, count: Count, *, is_applied: bool) -> list[str]:
    """Every backup of a folder; returns what a person has to delete by hand."""
    left: list[str] = []
    if not manifest.names(root):
        return left
    with FileLock(root / ".lock"):
        for name in manifest.names(root):
            old = manifest.chosen(root, name)
            with tempfile.TemporaryDirectory(dir=root, prefix=".erase-") as folder:
                home = Home(Path(folder))
                _tree(root, home, old)
                left += [f"{name}: {path}" for path in _erase(home, live, who, count, is_applied)]
                new = _manifest(root, home, old) if is_applied else old
            if new != old:
                manifest.write(root, new)
        if is_applied:
            tidy(root)
    return left


def _tree(root: Path, home: Home, backup: Manifest) -> None:
    contents = Contents(root)
    for entry in backup.files:
        target = home.root / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.path == STATE_ENTRY:  # written in place
            contents.copy_to(entry.sha256, target, entry.modified_ns)
            continue
        try:
            os.link(contents.path(entry.sha256), target)
        except OSError:
            shutil.copyfile(contents.path(entry.sha256), target)


def _erase(home: Home, live: State, who: Person, count: Count, is_applied: bool) -> list[str]:
    bodies: list[str] = []
    if (home.data / "state.db").exists():
        state = State(f"sqlite:///{home.data / 'state.db'}")
        try:
            state.upgrade()
            bodies = delivery_bodies(state)
            if is_applied:
                carry_suppression(live, state)
            erase_from_state(state, who, count, is_applied=is_applied)
        finally:
            state.close()
    erase_from_pages(home, who.holds, bodies, count, is_applied=is_applied)
    erase_from_landed_files(home, who.holds, count, is_applied=is_applied)
    return erase_from_drop_folders(home, who.holds, count, is_applied=is_applied)


def carry_suppression(source: State, target: State) -> None:
    """Let another store know who was erased, under the same key: what is restored from it must not take them in."""
    with target.transaction() as connection:
        for table in (suppression_keys, suppressed_addresses):
            keys = [column.name for column in table.primary_key.columns]
            known = {tuple(row[key] for key in keys) for row in target.rows(table)}
            new = [row for row in source.rows(table) if tuple(row[key] for key in keys) not in known]
            if new:
                connection.execute(table.insert(), new)


def _manifest(root: Path, home: Home, old: Manifest) -> Manifest:
    contents = Contents(root)
    before = {entry.path: entry for entry in old.files}
    entries, revision = [], old.state_revision
    for path in sorted(path for path in home.root.rglob("*") if path.is_file()):
        name = path.relative_to(home.root).as_posix()
        entry = before.get(name)
        if name == STATE_ENTRY:
            revision = require_sound(path)
        elif path.name.endswith((".lock", "-wal", "-shm")):
            continue
        if entry is None or not path.samefile(contents.path(entry.sha256)):
            sha256, size = contents.add(path)
            entry = Entry(name, sha256, size, entry.modified_ns if entry else path.stat().st_mtime_ns)
        entries.append(entry)
    return replace(old, state_revision=revision, files=tuple(sorted(entries, key=lambda one: one.path)))
