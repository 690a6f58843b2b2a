"""Dagster's files stay open while a run writes its events."""

import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg

from calendly_pipeline.run_history import kept_open


def logs(folder: Path) -> set[str]:
    """SQLite's logs that lie beside Dagster's files: they are there while a connection is."""
    return {path.name for path in folder.rglob("*.db-wal")}


def test_the_log_of_events_outlives_each_of_them(tmp_path: Path) -> None:
    """While it is kept open, the log stays when another connection closes; afterwards nothing is left of it."""

    def write(instance: dg.DagsterInstance) -> None:
        path = Path(instance.event_log_storage.path_for_shard("index"))  # type: ignore[attr-defined] - SQLite's
        with closing(sqlite3.connect(path)) as other:
            other.execute("create table if not exists written (at integer)")
            other.commit()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        write(instance)
        before = logs(tmp_path)
        with kept_open(instance):
            write(instance)
            between = logs(tmp_path)
        assert (before, between, logs(tmp_path)) == (set(), {"index.db-wal"}, set())


def test_another_history_needs_none() -> None:
    """An instance that keeps its events in memory is left alone, and a run without a file of its own is no failure."""
    with dg.DagsterInstance.ephemeral() as instance, kept_open(instance, "no run"):
        assert instance.get_runs() == []
