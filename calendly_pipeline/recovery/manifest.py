"""What one backup holds, as a file: `backups/<time>.json` in the backup folder. It is written last.

{"digest": ..., "made_at": ..., "state_revision": "0003", "files": [{"path": "data/landing/...", "sha256": ...}]}
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calendly_pipeline.disk import write_durably
from calendly_pipeline.failures import BackupDamaged, InputError

FORMAT = 1
FOLDER = "backups"


@dataclass(frozen=True)
class Entry:
    """One file below the home."""

    path: str
    sha256: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Manifest:
    """One backup. `state_revision` is None when the state store is not part of it."""

    name: str
    made_at: datetime
    state_revision: str | None
    files: tuple[Entry, ...]


def write(root: Path, manifest: Manifest) -> None:
    """Write the manifest whole or not at all."""
    body = _body(manifest)
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"digest": _digest(body), **body}, indent=1)
    write_durably(folder / f"{manifest.name}.json", text.encode())


def read(path: Path) -> Manifest:
    """Read a manifest; raises BackupDamaged when it was altered or is of another format."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        digest = document.pop("digest")
        if digest != _digest(document):
            raise ValueError("altered")
        files = tuple(Entry(**entry) for entry in document["files"])
        return Manifest(path.stem, datetime.fromisoformat(document["made_at"]), document["state_revision"], files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "Restore another one with `--at`, or fetch the backup folder again from where it was copied to."
        raise BackupDamaged(f"The manifest {path.name} is altered or cut off. Nothing was restored.", remedy) from error


def names(root: Path) -> list[str]:
    """Names of the backups in a folder, oldest first."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.json"))


def chosen(root: Path, name: str | None) -> Manifest:
    """The backup of that name, by default the newest; raises InputError when there is none."""
    found = names(root)
    if not found:
        raise InputError(f"There is no backup in {root}.", "Name the folder that `calendly-pipeline backup` was given.")
    if name is not None and name not in found:
        raise InputError(f"{root} holds no backup {name!r}.", f"There are: {', '.join(found[-10:])}.")
    return read(root / FOLDER / f"{name or found[-1]}.json")


def new_name(root: Path, moment: datetime) -> str:
    """A name by time, UTC, that sorts behind every other one."""
    name = f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}"
    newest = max(names(root), default="")
    return name if name > newest else f"{newest}+"


def contents_of(manifests: Sequence[Manifest]) -> set[str]:
    """SHA-256 of everything the backups name."""
    return {entry.sha256 for manifest in manifests for entry in manifest.files}


def _body(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "state_revision": manifest.state_revision,
        "files": [asdict(entry) for entry in manifest.files],
    }


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
