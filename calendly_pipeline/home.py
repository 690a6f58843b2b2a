"""Where a firm's things lie. One firm is one home: its settings file and its `data/` folder.

What belongs here: paths. What does not: reading the environment (`environment.py`) or any file's content.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from calendly_pipeline.disk import writing
from calendly_pipeline.failures import StateError

REPOSITORY = Path(__file__).resolve().parent.parent
DROP_FOLDERS = ("calendly", "calcom", "contacts")
SAMPLE_MARK = "files.json"
PULLS_FOLDER = "pulls"


@dataclass(frozen=True)
class Home:
    """The paths of one firm."""

    root: Path

    @property
    def data(self) -> Path:
        """Everything but the settings."""
        return self.root / "data"

    @property
    def settings_file(self) -> Path:
        """The firm's pipeline.toml."""
        return self.root / "pipeline.toml"

    @property
    def landing(self) -> Path:
        """The archive of what was received, as received."""
        return self.data / "landing"

    def pull_manifests(self, platform: str, account: str) -> Path:
        """Where every finished pull of an account leaves its manifest; the newest sorts last."""
        return self.landing / platform / account / PULLS_FOLDER

    def pull_lock(self, platform: str, account: str) -> Path:
        """The lock that a running pull of an account holds; the system frees it when the process dies."""
        return self.landing / platform / account / ".pull.lock"

    @property
    def warehouse(self) -> Path:
        """The derived DuckDB file; safe to delete."""
        return self.data / "warehouse.duckdb"

    @property
    def desk(self) -> Path:
        """What a refresh publishes for the review desk; replaced whole."""
        return self.data / "published" / "desk.duckdb"

    @property
    def quality(self) -> Path:
        """Data Docs: what is expected of every table, and how the last run did."""
        return self.data / "quality"

    @property
    def restore_note(self) -> Path:
        """How a restore swaps what is there; only there while one is under way."""
        return self.data / ".restore.json"

    def require_whole(self) -> None:
        """Raises StateError when a restore was stopped between its first and its last rename."""
        if self.restore_note.exists():
            raise StateError(
                "A restore was stopped half-way.", "Finish it: calendly-pipeline restore DIR, with the same folder."
            )

    @property
    def dagster(self) -> Path:
        """Dagster's own storage: run history, schedules, logs."""
        return self.data / "dagster"

    @property
    def is_sample(self) -> bool:
        """Whether this is the sample firm's home, from which nothing is ever sent."""
        return (self.root / SAMPLE_MARK).exists()

    def drop_folder(self, name: str) -> Path:
        """Where people put files: `data/calendly`, `data/calcom`, `data/contacts`."""
        return self.data / name

    def dropped_files(self) -> list[Path]:
        """Every file in a drop folder, hidden ones left out, in a fixed order."""
        return [
            path
            for name in DROP_FOLDERS
            for path in sorted(self.drop_folder(name).rglob("*"))
            if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(self.data).parts)
        ]

    def dropped_files_state(self) -> list[tuple[str, int, int]]:
        """Path, size and modification time (microseconds since 1970) of every dropped file.

        Equal lists mean that nothing changed.
        """
        stats = ((path.relative_to(self.data).as_posix(), path.stat()) for path in self.dropped_files())
        return [(name, stat.st_size, stat.st_mtime_ns // 1000) for name, stat in stats]

    def has_data(self) -> bool:
        """Whether anything was ever dropped or landed here."""
        return bool(self.dropped_files()) or (self.landing.exists() and any(self.landing.rglob("*.json")))

    def create(self) -> None:
        """Create the folders and, from the tracked example, the settings file when they are missing."""
        self.require_whole()
        for name in DROP_FOLDERS:
            self.drop_folder(name).mkdir(parents=True, exist_ok=True)
        self.dagster.mkdir(parents=True, exist_ok=True)
        example = REPOSITORY / "pipeline.example.toml"
        if not self.settings_file.exists() and example.exists():
            _put(example, self.settings_file)
        instance = REPOSITORY / "dagster.yaml"
        if instance.exists():
            _put(instance, self.dagster / "dagster.yaml")


def _put(source: Path, target: Path) -> None:
    """Copy a file whole or not at all, and only when it differs: another process may be reading or copying it."""
    content = source.read_bytes()
    if target.exists() and target.read_bytes() == content:
        return
    with writing(target.name):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
