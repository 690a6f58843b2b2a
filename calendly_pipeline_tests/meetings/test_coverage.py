"""Which days the files can vouch for."""

from calendly_pipeline_tests.conftest import Tables, day, utc
from calendly_pipeline_tests.rows import calendly, file, insights


def covered(tables: Tables, *files: dict, rows: list[dict]) -> dict[str, dict]:
    """Coverage by day as ISO text."""
    tables.given("sources.files", *files)
    tables.given("sources.calendly_exports", *(row for row in rows if row["file_id"].startswith("calendly")))
    tables.given("sources.calcom_exports", *(row for row in rows if row["file_id"].startswith("calcom")))
    tables.run_stage("sources", "meetings")
    return {row["day"].isoformat(): row for row in tables.rows("meetings.coverage")}


def test_a_forgotten_export_is_a_gap(tables: Tables) -> None:
    """Days between two exports that neither speaks of are a gap with its length."""
    days = covered(
        tables,
        file(1),
        file(2),
        rows=[
            calendly("2026-01-05 10:00", "a@example.com", file=1, line=2),
            calendly("2026-01-09 10:00", "b@example.com", file=1, line=3),
            calendly("2026-01-13 10:00", "c@example.com", file=2),
        ],
    )
    gaps = {name: row["gap_days"] for name, row in days.items() if not row["is_covered"]}
    assert gaps == {"2026-01-10": 3, "2026-01-11": 3, "2026-01-12": 3}
    assert days["2026-01-05"]["meetings"] == 1


def test_a_long_quiet_stretch_is_unproven(tables: Tables) -> None:
    """Three weeks of silence in a file are unproven, no gap; a file with a range in its name vouches for them."""
    quiet = [calendly("2026-01-05 10:00", line=2), calendly("2026-01-30 10:00", "b@example.com", line=3)]
    days = covered(tables, file(1), rows=quiet)
    assert {row["is_covered"] for row in days.values()} == {True}
    assert days["2026-01-15"]["is_unproven"]
    named = covered(
        tables, file(1, "calcom", name="Insights-2026-01-01-2026-02-10.csv"), rows=[insights("c", "2026-01-05T10:00")]
    )
    assert (min(named), max(named)) == ("2026-01-01", "2026-02-10")
    assert not any(row["is_unproven"] for row in named.values())


def test_no_file_vouches_past_the_day_it_landed(tables: Tables) -> None:
    """Future meetings in a file prove nothing about the future, nor does a range in its name."""
    days = covered(
        tables,
        file(1, landed_at=utc("2026-01-20T12:00")),
        rows=[calendly("2026-01-05 10:00", line=2), calendly("2026-02-05 10:00", "b@example.com", line=3)],
    )
    assert max(days) == "2026-01-20"
    assert days["2026-01-20"]["day"] == day("2026-01-20")
