"""A damaged warehouse, a full and a write-protected disk: said in one sentence, and nothing is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from calendly_pipeline import warehouse
from calendly_pipeline.disk import disk_error
from calendly_pipeline.failures import DiskFull, DiskReadOnly, StateError, WarehouseDamaged
from calendly_pipeline.sources.landing import landed_files
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import content_hash, open_warehouse
from calendly_pipeline_tests.recovery.given import kept, rows_of, url, used_home

HALF_WRITTEN = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1], config={"threads": 1})
connection.execute("set wal_autocheckpoint = '1GB'")
connection.execute("create table metrics.late as select i, repeat('x', 50) as s from range(20000) as r (i)")
os._exit(9)
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of a few megabytes."""
    path = tmp_path_factory.mktemp("filled") / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute(
            "create table metrics.kept as select i, i || repeat('x', 50) as s from range(200000) as r (i)"
        )
    return path


def garbage(path: Path) -> None:
    """Bytes that are no database."""
    path.write_bytes(b"\x5a" * path.stat().st_size)


def emptied(path: Path) -> None:
    """A file of no bytes."""
    path.write_bytes(b"")


def cut(path: Path) -> None:
    """Half a file."""
    os.truncate(path, path.stat().st_size // 2)


def cut_short(path: Path) -> None:
    """Less than a header."""
    os.truncate(path, 5000)


def scratched(path: Path) -> None:
    """A third of the file in the middle is other bytes: it opens, and fails while it is read."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\x5a" * (size // 3))


@pytest.mark.parametrize("damage", [garbage, emptied, cut, cut_short, scratched])
@pytest.mark.parametrize("read_only", [True, False], ids=["reading", "writing"])
def test_damage_names_the_one_command(
    filled: Path, tmp_path: Path, damage: Callable[[Path], None], read_only: bool
) -> None:
    """Whatever happened to the file, at once and in one sentence: `calendly-pipeline rebuild`."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(filled.read_bytes())
    damage(path)
    with (
        pytest.raises(WarehouseDamaged, match="calendly-pipeline rebuild"),
        open_warehouse(path, read_only=read_only) as connection,
    ):
        connection.execute("select sum(i), max(s) from metrics.kept").fetchall()


@pytest.mark.parametrize("position", [0.0, 0.3, 0.9, 1.0], ids=["head", "body", "tail", "behind"])
def test_a_damaged_log_is_damage_or_harmless(filled: Path, tmp_path: Path, position: float) -> None:
    """With junk in the write-ahead log of a killed process the tables are as they were, or the remedy is named."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(filled.read_bytes())
    assert subprocess.run([sys.executable, "-c", HALF_WRITTEN, str(path)], check=False).returncode == 9
    log = path.with_name("warehouse.duckdb.wal")
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.seek(int(size * position))
        file.write(b"\x5a" * 4096)
    with suppress(WarehouseDamaged), open_warehouse(path) as connection:
        assert connection.execute("select count(*), max(length(s)) from metrics.kept").fetchall() == [(200000, 56)]


def test_another_version_is_not_read(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of an older version's tables is told to rebuild, and the file stays."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(filled.read_bytes())
    monkeypatch.setattr(warehouse, "schema_version", lambda: "another")
    with pytest.raises(WarehouseDamaged, match=r"another version.*calendly-pipeline rebuild"):
        open_warehouse(path, read_only=True).__enter__()
    assert path.read_bytes() == filled.read_bytes()


def test_errors_of_queries_stay_as_they_are(filled: Path) -> None:
    """A query that is wrong, or a file of somebody else that cannot be read, is no damage of the warehouse."""
    for query in ("select nothing", "select * from read_csv('/nowhere/x.csv')", "select error('corrupt')"):
        with pytest.raises(duckdb.Error), open_warehouse(filled, read_only=True) as connection:
            connection.execute(query).fetchall()


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.home import Home
from calendly_pipeline.sources.landing import land
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse, replace_table
from calendly_pipeline_tests.recovery.given import deliver
home = Home(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
def fill():
    with open_warehouse(home.warehouse) as connection:
        query = "select i, i || repeat('x', 300) as s from range(400000) as r (i) order by hash(i)"
        replace_table(connection, "metrics.kept", query, {})
def send():
    state = State(f"sqlite:///{home.data / 'state.db'}")
    deliver(state, 7, "x" * 9_000_000)
what = {"land": lambda: land(home, datetime.now(UTC)), "warehouse": fill, "state": send}[sys.argv[2]]
try:
    what()
except PipelineError as error:
    print(type(error).__name__, error)
"""


WRITING = (
    LIMITED.replace("resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))\n", "").partition(
        "what ="
    )[0]
    + """
for step in (lambda: land(home, datetime.now(UTC)), send, fill):
    try:
        step()
    except PipelineError as error:
        print(type(error).__name__, error)
"""
)


@pytest.mark.parametrize(("store", "limit"), [("land", 4_000_000), ("state", 4_000_000), ("warehouse", 12_000_000)])
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path, store: str, limit: int) -> None:
    """When no more can be written, landing, state store and warehouse say so and hold what they held."""
    home = used_home(tmp_path / "firm")
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table metrics.kept as select i from range(100) as r (i)")
        before = content_hash(connection, "metrics.kept")
    rows, files = rows_of(home.data / "state.db"), landed_files(home)
    (home.drop_folder("calendly") / "large.csv").write_text("Invitee Email\n" * 500_000)
    arguments = [sys.executable, "-c", LIMITED, str(home.root), store, str(limit)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("DiskFull The disk is full"), done.stdout + done.stderr
    assert "run it again: what was there before is as it was" in done.stdout
    assert rows_of(home.data / "state.db") == rows
    assert landed_files(home) == files
    assert [path.name for path in (home.landing / "files" / "calendly").iterdir() if path.name.startswith(".")] == []
    with open_warehouse(home.warehouse) as connection:
        assert content_hash(connection, "metrics.kept") == before


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(28, "No space left on device"), DiskFull),
        (OSError(122, "Disk quota exceeded"), DiskFull),
        (OSError(30, "Read-only file system"), DiskReadOnly),
        (PermissionError(13, "Permission denied"), DiskReadOnly),
        (duckdb.IOException('Could not write file "a": No space left on device'), DiskFull),
        (duckdb.IOException('Cannot open file "a": Read-only file system'), DiskReadOnly),
        (OSError(2, "No such file or directory"), type(None)),
        (ValueError("Permission"), type(None)),
    ],
    ids=str,
)
def test_what_the_system_says_has_one_of_two_meanings(error: Exception, kind: type) -> None:
    """Full or write-protected, whoever says it; anything else is neither."""
    assert type(disk_error("it", error)) is kind


def test_a_write_protected_home_is_said(tmp_path: Path) -> None:
    """On a disk that is mounted read-only every store names itself and the remedy, and stays as it was."""
    home = used_home(tmp_path / "firm")
    with open_warehouse(home.warehouse):
        pass
    before = kept(home)
    (home.drop_folder("calendly") / "new.csv").write_text("Invitee Email\n")
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", str(home.root), sys.executable, "-c", WRITING, str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("this machine lets nobody mount in a namespace of their own")
    told = done.stdout.splitlines()
    assert [line.partition(" cannot")[0] for line in told] == [
        "DiskReadOnly landing",
        "DiskReadOnly the state store",
        "DiskReadOnly the warehouse",
    ]
    assert all("mount the disk writable" in line for line in told)
    (home.drop_folder("calendly") / "new.csv").unlink()
    assert kept(home) == before


def test_a_newer_state_store_is_refused(tmp_path: Path) -> None:
    """A store that a newer version wrote is not touched, and both versions are named."""
    home = used_home(tmp_path / "firm")
    state = State(url(home))
    with state.transaction() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    before = rows_of(home.data / "state.db")
    with pytest.raises(StateError, match=r"is of version 9999.*knows up to \d{4}.*Install the newer"):
        state.upgrade()
    state.close()
    assert rows_of(home.data / "state.db") == before
