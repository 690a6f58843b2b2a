"""A restore is whole or did not happen, and keeps what it replaces."""

import json
import shutil
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from filelock import FileLock

from calendly_pipeline import environment
from calendly_pipeline.failures import (
    BackupDamaged,
    InputError,
    PipelineError,
    PullBusy,
    StateError,
    WarehouseBusy,
)
from calendly_pipeline.home import Home
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.restore import restore
from calendly_pipeline.state import State, decisions
from calendly_pipeline_tests.recovery.given import back_up, decide, kept, url, used_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that was backed up and has changed since in every store."""
    home = used_home(tmp_path / "firm")
    back_up(home, tmp_path / "backup")
    state = State(url(home))
    decide(state, "late@client.example")
    state.close()
    (home.drop_folder("calendly") / "export.csv").write_text("changed")
    (home.landing / "files" / "late.json").write_text("{}")
    home.settings_file.write_text("[firm]\n")
    return home


@pytest.fixture
def expected(home: Home, tmp_path: Path) -> dict[str, object]:
    """What the backup holds."""
    other = Home(tmp_path / "expected")
    restore(other, tmp_path / "backup", url(other), None)
    return kept(other)


def test_what_is_replaced_is_kept_aside(home: Home, tmp_path: Path, expected: dict[str, object]) -> None:
    """A home in use needs --force; then it is as it was, and what it held since lies aside, whole."""
    before = kept(home)
    with pytest.raises(InputError, match="--force"):
        restore(home, tmp_path / "backup", url(home), None)
    assert kept(home) == before
    report = restore(home, tmp_path / "backup", url(home), None, is_forced=True)
    assert kept(home) == expected
    assert report.aside is not None
    assert (report.aside / "calendly" / "export.csv").read_text() == "changed"
    assert (report.aside / "landing" / "files" / "late.json").exists()
    assert (report.aside / "pipeline.toml").read_text() == "[firm]\n"
    aside = Home(tmp_path / "aside")
    aside.data.mkdir(parents=True)
    (report.aside / "state.db").rename(aside.data / "state.db")
    store = State(url(aside))
    store.upgrade()
    assert store.rows(decisions)[-1]["canonical_address"] == "late@client.example"
    store.close()


def damage_content(root: Path) -> None:
    """Flip one byte of a content."""
    path = next(path for path in sorted(Contents(root).root.rglob("*")) if path.is_file())
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def lose_content(root: Path) -> None:
    """Delete one content."""
    next(path for path in sorted(Contents(root).root.rglob("*")) if path.is_file()).unlink()


def alter_manifest(root: Path) -> None:
    """Say of one file that it is another."""
    path = root / "backups" / f"{manifest.names(root)[0]}.json"
    document = json.loads(path.read_text())
    document["files"][0]["path"] = "data/landing/other"
    path.write_text(json.dumps(document))


def cut_manifest(root: Path) -> None:
    """Cut a manifest in half."""
    path = root / "backups" / f"{manifest.names(root)[0]}.json"
    path.write_text(path.read_text()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damage_content, lose_content, alter_manifest, cut_manifest])
def test_a_damaged_backup_touches_nothing(home: Home, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """A flipped byte, a lost content, an altered or a cut manifest: refused before anything is touched."""
    before = kept(home)
    damage(tmp_path / "backup")
    with pytest.raises(BackupDamaged, match="Nothing was restored"):
        restore(home, tmp_path / "backup", url(home), None, is_forced=True)
    assert kept(home) == before
    assert not (home.data / ".restoring").exists()


def test_a_backup_of_a_newer_version_is_refused(home: Home, tmp_path: Path) -> None:
    """A store that a newer version wrote is not put in place of one that works."""
    made = manifest.chosen(tmp_path / "backup", None)
    manifest.write(tmp_path / "backup", manifest.Manifest("9", made.made_at, "9999", made.files))
    before = kept(home)
    with pytest.raises(StateError, match="version 9999"):
        restore(home, tmp_path / "backup", url(home), "9", is_forced=True)
    assert kept(home) == before


def test_a_manifest_that_leads_outside_is_refused(home: Home, tmp_path: Path) -> None:
    """A path with `..` in a manifest, correctly sealed, writes nothing outside the home."""
    made = manifest.chosen(tmp_path / "backup", None)
    for name, path in (("8", "../outside"), ("9", "data/landing/../../../outside"), ("7", "/outside"), ("6", "bin/x")):
        entry = manifest.Entry(path, made.files[1].sha256, made.files[1].size_bytes, 0)
        manifest.write(tmp_path / "backup", manifest.Manifest(name, made.made_at, None, (entry,)))
        with pytest.raises(BackupDamaged):
            restore(home, tmp_path / "backup", url(home), name, is_forced=True)
    assert not list(tmp_path.rglob("outside"))


def test_a_home_at_work_is_left_alone(home: Home, tmp_path: Path) -> None:
    """While a receiver has the store open, a refresh or a pull runs, a restore refuses, --force or not."""
    before = kept(home)
    state = State(url(home))
    with state.engine.connect() as connection:
        connection.exec_driver_sql("select count(*) from decisions").scalar()
        with pytest.raises(StateError, match="serve"):
            restore(home, tmp_path / "backup", url(home), None, is_forced=True)
    state.close()
    with FileLock(home.warehouse.with_suffix(".lock")), pytest.raises(WarehouseBusy):
        restore(home, tmp_path / "backup", url(home), None, is_forced=True)
    with FileLock(home.landing / "calendly" / "default" / ".pull.lock"), pytest.raises(PullBusy):
        restore(home, tmp_path / "backup", url(home), None, is_forced=True)
    assert kept(home) == before


def stopped_restore(home: Home, folder: Path, renames: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A restore that is stopped before its n-th rename; False when it needed fewer."""
    left = [renames]

    def counted(step: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def call(path: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise _Stopped
            return step(path, target)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", counted(Path.rename))
        patched.setattr(Path, "replace", counted(Path.replace))
        try:
            restore(home, folder, url(home), None, is_forced=True)
        except _Stopped:
            return True
    return False


class _Stopped(BaseException):
    """Stands for a kill."""


def test_stopped_anywhere_it_is_untouched_or_goes_on(
    home: Home, tmp_path: Path, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before any of its renames the home is as it was, or says so and the next `restore` completes it."""
    before = kept(home)
    seen = {"untouched": 0, "half done": 0}
    copy = home
    for number in count():
        copy = Home(tmp_path / f"copy{number}")
        shutil.copytree(home.root, copy.root)
        if not stopped_restore(copy, tmp_path / "backup", number, monkeypatch):
            break
        if not copy.restore_note.exists():
            seen["untouched"] += 1
            assert kept(copy) == before
            continue
        seen["half done"] += 1
        with pytest.raises(StateError, match="half-way"):
            environment.state_url(copy)
        with pytest.raises(StateError, match="half-way"):
            copy.create()
        assert restore(copy, tmp_path / "backup", url(copy), None).was_resumed
        assert kept(copy) == expected
    assert kept(copy) == expected
    assert seen["untouched"] >= 1
    assert seen["half done"] >= 8


def test_two_restores_at_once_are_one_after_the_other(home: Home, tmp_path: Path, expected: dict[str, object]) -> None:
    """Two people restore at the same moment: the home is as the backup says, and nothing that was there is lost."""
    errors: list[PipelineError] = []

    def run() -> None:
        try:
            restore(home, tmp_path / "backup", url(home), None, is_forced=True)
        except PipelineError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert kept(home) == expected
    (late,) = home.data.glob("replaced-*/landing/files/late.json")
    assert late.exists()
