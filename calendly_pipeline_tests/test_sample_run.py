"""The sample firm, from files to plan, against a truth that was never computed by the pipeline."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.sample import Truth, build_firm, truth
from calendly_pipeline.warehouse import content_hash, prepare, table_names
from calendly_pipeline_tests.conftest import all_models

Key = tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A finished run of the sample in a home of its own."""

    root: Path
    home: Home
    output: str

    def again(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command in the same home."""
        return command(self.root, *arguments)

    def hashes(self) -> dict[str, str]:
        """Content hash of every table, `as_of` left out."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            prepare(connection)
            return {table: content_hash(connection, table) for table in table_names(connection)}

    def built_of_contacts(self) -> set[str]:
        """What the newest run says it did of the models of the contacts stage."""
        models = [model.name for model in all_models() if model.stage == "contacts"]
        with dg.DagsterInstance.from_config(str(self.home.dagster)) as instance:
            events = [instance.get_latest_materialization_event(dg.AssetKey(["contacts", name])) for name in models]
        found = [event.asset_materialization for event in events if event]
        return {str(one.metadata["built"].value) for one in found if one}


def command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script, as a person calls it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIPELINE_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-m", "calendly_pipeline.cli", *arguments],
        env={**kept, "PIPELINE_HOME": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`calendly-pipeline run` with an empty data folder."""
    root = tmp_path_factory.mktemp("firm")
    done = command(root, "run")
    assert done.returncode == 0, done.stderr + done.stdout
    return Run(root, Home(root / "data" / "sample_home"), done.stdout)


@pytest.fixture(scope="session")
def expected() -> Truth:
    """What really happened at the sample firm."""
    return truth(build_firm(seed=7, contacts=60, bookings=400))


@pytest.fixture
def warehouse(sample: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's warehouse, to read."""
    with duckdb.connect(str(sample.home.warehouse), read_only=True) as connection:
        prepare(connection)
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def keys(connection: duckdb.DuckDBPyConnection) -> dict[str, Key]:
    """Our meeting id -> the truth's key."""
    found = rows(
        connection,
        "select meetings.meeting_id, meetings.platform, meetings.source_event_id, meetings.starts_at, "
        "min(attendees.address) filter (where attendees.role = 'invitee') as address "
        "from meetings.meetings as meetings inner join meetings.attendees as attendees using (meeting_id) group by all",
    )
    return {
        row["meeting_id"]: (row["platform"], row["source_event_id"])
        if row["source_event_id"]
        else (row["platform"], row["address"], f"{row['starts_at']:%Y-%m-%dT%H:%M:%SZ}")
        for row in found
    }


def test_every_meeting_and_no_other(warehouse: duckdb.DuckDBPyConnection, expected: Truth) -> None:
    """The meetings are exactly those the files show."""
    assert set(keys(warehouse).values()) == set(expected.meetings)


@pytest.mark.parametrize(
    "column",
    [
        "status",
        "is_status_certain",
        "starts_at",
        "ends_at",
        "booked_at",
        "host_email",
        "host_name",
        "cancelled_by",
        "reschedule_count",
    ],
)
def test_meetings_equal_the_truth(warehouse: duckdb.DuckDBPyConnection, expected: Truth, column: str) -> None:
    """Every meeting's facts are those of the world the files were made from."""
    named = keys(warehouse)
    found = {named[row["meeting_id"]]: row[column] for row in rows(warehouse, "select * from meetings.meetings")}
    wanted = {key: getattr(meeting, column) for key, meeting in expected.meetings.items()}
    assert {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]} == {}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("duplicate_of", "duplicate_of"),
        ("rescheduled_from_id", "rescheduled_from"),
        ("rescheduled_to_id", "rescheduled_to"),
        ("chain_id", "chain"),
    ],
)
def test_links_between_meetings_equal_the_truth(
    warehouse: duckdb.DuckDBPyConnection, expected: Truth, column: str, field: str
) -> None:
    """Duplicates, moves and chains lead where they led in the world."""
    named = keys(warehouse)
    found = {
        named[row["meeting_id"]]: named.get(row[column]) for row in rows(warehouse, "select * from meetings.meetings")
    }
    wanted = {key: getattr(meeting, field) for key, meeting in expected.meetings.items()}
    assert {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]} == {}


@pytest.mark.parametrize("column", ["role", "status", "is_held", "is_no_show"])
def test_attendees_equal_the_truth(warehouse: duckdb.DuckDBPyConnection, expected: Truth, column: str) -> None:
    """Who came, who stayed away and who moved is as it was."""
    named = keys(warehouse)
    found = {
        (named[row["meeting_id"]], row["address"]): row[column]
        for row in rows(warehouse, "select * from meetings.attendees")
    }
    wanted = {key: getattr(attendee, column) for key, attendee in expected.attendees.items()}
    assert set(found) == set(wanted)
    assert {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]} == {}


def test_matches_equal_the_truth(warehouse: duckdb.DuckDBPyConnection, expected: Truth) -> None:
    """Every attendee is decided as the rules demand, and nobody is linked to a person they are not."""
    named = keys(warehouse)
    found = {
        (named[row["meeting_id"]], row["address"]): (row["decision"], row["tier"], row["contact_id"])
        for row in rows(
            warehouse,
            "select attendees.meeting_id, attendees.address, matches.decision, matches.tier, matches.contact_id "
            "from meetings.attendees as attendees inner join contacts.matches as matches using (attendee_id)",
        )
    }
    wanted = {
        key: (person.decision, person.tier, person.contact_id if person.decision == "auto" else None)
        for key, person in expected.attendees.items()
    }
    wrong = {key: (found.get(key), wanted[key]) for key in wanted if found.get(key, ())[::2] != wanted[key][::2]}
    assert wrong == {}


def test_meeting_types_equal_the_truth(warehouse: duckdb.DuckDBPyConnection, expected: Truth) -> None:
    """The shipped rules classify every meeting as its event type means it, and staff among themselves as internal."""
    named = keys(warehouse)
    found = {
        named[r["meeting_id"]]: r["meeting_type"] for r in rows(warehouse, "select * from classification.meeting_types")
    }
    decisions: dict[Key, set[str]] = {}
    for (key, _), person in expected.attendees.items():
        decisions.setdefault(key, set()).add(person.decision)
    wanted = {
        key: "internal" if decisions[key] == {"internal"} else meeting.meeting_type
        for key, meeting in expected.meetings.items()
    }
    assert {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]} == {}


def test_contact_metrics_equal_the_truth(warehouse: duckdb.DuckDBPyConnection, expected: Truth) -> None:
    """Every number on every card is the one counted in the world."""
    found = {row["contact_id"]: row for row in rows(warehouse, "select * from metrics.contact_metrics")}
    wrong = {
        (contact, column): (found[contact][column], value)
        for contact, wanted in expected.contact_metrics.items()
        for column, value in wanted.items()
        if column != "contact_id" and found[contact][column] != value
    }
    assert wrong == {}


def test_what_could_not_be_read_is_listed(warehouse: duckdb.DuckDBPyConnection, expected: Truth) -> None:
    """Rejected rows and files are exactly the planted ones, and the forgotten month is uncovered."""
    by_file = Counter(
        f"{row['folder']}/{row['file']}" for row in rows(warehouse, "select * from sources.rejected_rows")
    )
    assert sum(by_file.values()) == sum(expected.rejected_rows.values())
    assert len(rows(warehouse, "select * from sources.rejected_files")) == len(expected.rejected_files)
    missing = rows(warehouse, "select platform, day from meetings.coverage where not is_covered")
    for platform, days in expected.uncovered_days.items():
        assert {row["day"] for row in missing if row["platform"] == platform} == set(days)


def test_a_second_run_changes_nothing(sample: Run) -> None:
    """Run again, and every table is as it was."""
    before = sample.hashes()
    assert sample.again("run").returncode == 0
    assert sample.hashes() == before
    assert sample.built_of_contacts() == {"unchanged"}


@pytest.mark.faults
def test_a_deleted_warehouse_comes_back(sample: Run) -> None:
    """Delete the warehouse, run again, and every table is as it was."""
    before = sample.hashes()
    sample.home.warehouse.unlink()
    assert sample.again("run").returncode == 0
    assert sample.hashes() == before


def test_the_summary_says_what_counts(sample: Run, expected: Truth) -> None:
    """The summary names the figures a person asks for, and they are the true ones."""
    for status, count in expected.counting_status_counts.items():
        assert f"{status} {count}" in " ".join(sample.output.split())
    for words in ("nothing of it is ever sent", "portfolio reviews held", "cards to update", "days without coverage"):
        assert words in sample.output
