"""Take a backup of a home while it is in use.

The state store comes first and landing second. What the state store says was landed is in landing before it is said,
so a later look at landing finds it; landing may hold more than the state store knows, which the next pull asks for
again and loads once. Not part of a backup: `.env` with its secrets, the warehouse and what is published (built again
from the rest), and Dagster's run history.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from calendly_pipeline.failures import InputError
from calendly_pipeline.home import DROP_FOLDERS, Home
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.manifest import Entry, Manifest
from calendly_pipeline.recovery.state_copy import copy_state, sqlite_file

STATE_ENTRY = "data/state.db"
"""How the state store is named in a manifest, wherever it lies."""
TRIES = 3
"""How often a dropped file that changes under the copy is copied."""


@dataclass(frozen=True)
class BackupReport:
    """What one backup brought."""

    name: str
    files_count: int
    new_count: int
    """Contents that no earlier backup held."""
    new_bytes: int
    unsettled: tuple[str, ...]
    """Dropped files that changed while they were copied, each of the times; they are in the next backup."""
    forgotten: tuple[str, ...]
    """Backups that gave way to newer ones."""


def take_backup(
    home: Home, root: Path, state_url: str, now: datetime, *, with_state: bool = True, keep: int | None = None
) -> BackupReport:
    """Back a home up into a folder; what earlier backups in it hold is neither read nor written again.

    Raises InputError when the folder lies where it would be backed up itself, or when there is nothing to back up.
    """
    state_file = sqlite_file(state_url) if with_state else None
    _require_outside(home, root)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        stack.enter_context(FileLock(root / ".lock"))
        stack.enter_context(maintenance(home))
        return _Backup(home, root).take(state_file, now, keep)


def maintenance(home: Home) -> FileLock:
    """Backup, restore and erase of a home never overlap."""
    home.data.mkdir(parents=True, exist_ok=True)
    return FileLock(home.data / ".maintenance.lock", timeout=600)


class _Backup:
    def __init__(self, home: Home, root: Path) -> None:
        self.home = home
        self.root = root
        self.contents = Contents(root)
        earlier = manifest.names(root)
        before = manifest.read(root / manifest.FOLDER / f"{earlier[-1]}.json").files if earlier else ()
        self.before = {entry.path: entry for entry in before}
        self.known = {entry.sha256 for entry in before}
        self.new: dict[str, int] = {}
        self.unsettled: list[str] = []

    def take(self, state_file: Path | None, now: datetime, keep: int | None) -> BackupReport:
        entries: list[Entry] = []
        revision = None
        if state_file is not None and state_file.exists():
            revision, entry = self._state(state_file)
            entries.append(entry)
        entries += [entry for path in self._paths() if (entry := self._file(path)) is not None]
        if not entries:
            raise InputError("There is nothing to back up: nothing was dropped, pulled, delivered or decided yet.")
        made = Manifest(manifest.new_name(self.root, now), now, revision, tuple(entries))
        manifest.write(self.root, made)
        forgotten = forget_but(self.root, keep) if keep else ()
        size = sum(self.new.values())
        return BackupReport(made.name, len(entries), len(self.new), size, tuple(self.unsettled), forgotten)

    def _state(self, source: Path) -> tuple[str, Entry]:
        with tempfile.TemporaryDirectory(dir=self.root, prefix=".state-") as folder:
            copy = Path(folder) / "state.db"
            revision = copy_state(source, copy)
            return revision, self._added(STATE_ENTRY, copy, source.stat().st_mtime_ns)

    def _paths(self) -> Iterator[Path]:
        yield from landed_paths(self.home)
        yield from self.home.dropped_files()
        if self.home.settings_file.exists():
            yield self.home.settings_file

    def _file(self, path: Path) -> Entry | None:
        """The file's entry; None when it is gone, or never stands still (only files in drop folders do either)."""
        name = path.relative_to(self.home.root).as_posix()
        is_dropped = any(self.home.drop_folder(folder) in path.parents for folder in DROP_FOLDERS)
        for _ in range(TRIES):
            try:
                before = path.stat()
                entry = self._unchanged(name, before.st_size, before.st_mtime_ns)
                entry = entry or self._added(name, path, before.st_mtime_ns)
                after = path.stat()
            except FileNotFoundError:
                if is_dropped:
                    return None
                raise
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) or not is_dropped:
                return entry
        self.unsettled.append(name)
        return None

    def _unchanged(self, name: str, size: int, modified_ns: int) -> Entry | None:
        entry = self.before.get(name)
        is_same = entry is not None and (entry.size_bytes, entry.modified_ns) == (size, modified_ns)
        return entry if entry is not None and is_same and self.contents.holds(entry.sha256, size) else None

    def _added(self, name: str, path: Path, modified_ns: int) -> Entry:
        sha256, size = self.contents.add(path)
        if sha256 not in self.known:
            self.new[sha256] = size
        return Entry(name, sha256, size, modified_ns)


def landed_paths(home: Home) -> list[Path]:
    """Every whole file of landing: what is under way has a name that begins with a dot."""
    found = {
        path
        for path in home.landing.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".tmp"
    }
    for note in [path for path in found if path.parent.parent == home.landing / "files" and path.suffix == ".json"]:
        found |= set(note.parent.glob(f"{note.stem}.*"))  # may have come while the folder was read; it is there by now
    return sorted(found)


def forget_but(root: Path, keep: int) -> tuple[str, ...]:
    """Delete all but the newest backups, and the contents that only they held."""
    gone = manifest.names(root)[:-keep]
    for name in gone:
        (root / manifest.FOLDER / f"{name}.json").unlink()
    tidy(root)
    return tuple(gone)


def tidy(root: Path) -> None:
    """Delete contents that no backup names."""
    kept = [manifest.read(root / manifest.FOLDER / f"{name}.json") for name in manifest.names(root)]
    Contents(root).keep_only(manifest.contents_of(kept))


def _require_outside(home: Home, root: Path) -> None:
    inside = (home.landing, *(home.drop_folder(name) for name in DROP_FOLDERS))
    if any(folder == root or folder in root.parents for folder in inside):
        raise InputError(f"{root} is itself part of what is backed up.", "Name a folder on another disk.")
