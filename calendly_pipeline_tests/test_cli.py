"""The console script: what it says, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.output import export_table
from calendly_pipeline.sample_home import prepare_sample


def command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script in a home."""
    return subprocess.run(
        [sys.executable, "-m", "calendly_pipeline.cli", *arguments],
        env={**os.environ, "PIPELINE_HOME": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_missing_zone_is_asked_for(tmp_path: Path) -> None:
    """Bookings without a zone end with exit code 2 and the very line to add, and pipeline.toml is there to take it."""
    export = Home(tmp_path).drop_folder("calendly") / "a.csv"
    export.parent.mkdir(parents=True)
    export.write_text("Invitee Email,Start Date & Time\na@example.com,2026-06-01 10:00 am\n")
    done = command(tmp_path, "run")
    assert done.returncode == 2
    assert "calendly/a.csv" in done.stderr
    assert 'under [firm]: time_zone = "America/New_York"' in done.stderr
    assert (tmp_path / "pipeline.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("explain", "meeting", "x"), 1, "Run `calendly-pipeline run` first"),
        (("query", "select 1"), 1, "Run `calendly-pipeline run` first"),
        (("run", "--as-of", "yesterday"), 2, "yesterday"),
        (("nonsense",), 2, "No such command"),
        (("send", "nowhere"), 2, "nowhere"),
    ],
)
def test_an_error_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """What cannot be done is said without a traceback, with the exit code that says who must act."""
    done = command(tmp_path, *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_what_is_missing(tmp_path: Path) -> None:
    """On an empty home the doctor warns of what is missing and does not fail."""
    done = command(tmp_path, "doctor")
    assert done.returncode == 0, done.stderr
    assert "data/calendly: no file; drop an export into it" in done.stdout


def test_the_sample_is_copied_with_its_times(tmp_path: Path) -> None:
    """The sample home has the files' own modification times, and is made anew when the sample changes."""
    home = prepare_sample(Home(tmp_path))
    times = json.loads((home.root / "files.json").read_text(encoding="utf-8"))
    name, moment = next(iter(times.items()))
    assert home.is_sample
    assert (home.root / name).stat().st_mtime == pytest.approx(_seconds(moment))
    (home.root / "left-over").touch()
    prepare_sample(Home(tmp_path))
    assert (home.root / "left-over").exists()
    (home.root / ".sample-digest").write_text("another")
    prepare_sample(Home(tmp_path))
    assert not (home.root / "left-over").exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_exported_cell_is_never_a_formula(tmp_path: Path, ending: str) -> None:
    """Text that a spreadsheet would run is made harmless in .csv and .xlsx, and kept as it is in .parquet."""
    from openpyxl import load_workbook

    connection = duckdb.connect()
    connection.execute("create schema metrics")
    connection.execute("create table metrics.cells as select '=1+1' as a, '-2' as b, -2 as c, 'plain' as d")
    target = tmp_path / f"cells.{ending}"
    assert export_table(connection, "metrics.cells", target) == 1
    if ending == "csv":
        assert target.read_text(encoding="utf-8-sig").splitlines()[1] == "'=1+1,'-2,-2,plain"
    elif ending == "xlsx":
        (_, row) = load_workbook(target)["rows"].iter_rows(values_only=True)
        assert row == ("'=1+1", "'-2", -2, "plain")
    else:
        assert connection.read_parquet(str(target)).fetchall() == [("=1+1", "-2", -2, "plain")]
    connection.close()


def test_a_view_is_exported_like_a_table(tmp_path: Path) -> None:
    """The review queue is computed when it is read; a person exports it all the same."""
    with duckdb.connect() as connection:
        connection.execute("create schema contacts; create view contacts.review_queue as select 7 as rank")
        assert export_table(connection, "contacts.review_queue", tmp_path / "queue.csv") == 1
    assert (tmp_path / "queue.csv").read_text(encoding="utf-8-sig").split() == ["rank", "7"]


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
