"""Names, headers and settings that try to be SQL, paths, markup or formulas stay what they are: text."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.output import FORMULA_STARTS, export_table
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.sources.landing import content, land, landed_files
from calendly_pipeline.sources.loading import load_folder, refresh_files
from calendly_pipeline_tests.conftest import Tables

HOSTILE = [
    "x'); drop table sources.files; --",
    'x"; drop table sources.files; --',
    "$file_id",
    "%s {0} {name}",
    "..",
    "-rf",
    "[red]x[/red]",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "a\nb",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]
FIRM = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})


def test_names_and_headers_are_text(tables: Tables, tmp_path: Path) -> None:
    """Names of files and folders, headers and cells that hold SQL, paths or formulas are kept and shown as they are."""
    home = Home(tmp_path / "home")
    home.create()
    names = {}
    for text in HOSTILE:
        named = text.replace("/", "_")
        path = home.drop_folder("calendly") / f"n{named}" / f"n{named}.csv"
        path.parent.mkdir()
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["Invitee Email", "Start Date & Time", "Question 1", "Response 1", text, "Event UUID"])
            writer.writerow(["ada@client.example", "2026-06-01 09:00 am", text, text, text, text])
        names[text] = path.relative_to(home.drop_folder("calendly")).as_posix()
    land(home, datetime(2026, 7, 1, tzinfo=UTC))
    files = landed_files(home)
    assert sorted(file.name for file in files) == sorted(names.values())
    assert all(content(home, file).resolve().is_relative_to(home.landing.resolve()) for file in files)
    refresh_files(tables.connection, home, FIRM)
    assert load_folder(tables.connection, home, FIRM, "calendly").unreadable == ()
    query = "select name, event_uuid from sources.calendly_exports inner join sources.files using (file_id)"
    assert {row["event_uuid"]: row["name"] for row in tables.rows(query)} == names
    tables.run_stage("sources", "meetings")
    assert {row["source_event_id"] for row in tables.rows("meetings.meetings")} == set(map(str.lower, HOSTILE))


@pytest.mark.parametrize("name", ["../../outside", "/etc", "a/b", "..", ".hidden", "a\0b", "", "x" * 65, "-rf", "a;b"])
def test_an_account_is_no_path(name: str) -> None:
    """An account's name becomes a folder: whatever could leave it is refused with the rule."""
    for platform in ("calendly", "calcom"):
        with pytest.raises(ValidationError, match="may hold only letters"):
            Settings.model_validate({platform: {"accounts": [{"name": name}]}})


@pytest.mark.parametrize("key", ["time_zone'); drop table x; --", "__class__", "time_zone\\nx", "../time_zone", "{0}"])
def test_a_settings_key_is_only_named(tmp_path: Path, key: str) -> None:
    """A key that nobody knows is refused by name and nothing else happens with it."""
    path = tmp_path / "pipeline.toml"
    path.write_text(f'[firm]\n"{key}" = 1\n'.replace("\\n", "\\\\n"), encoding="utf-8")
    with pytest.raises(SettingsError, match="firm"):
        load_settings(path)


def test_a_setting_stays_a_value(tables: Tables) -> None:
    """Domains, aliases and rules that hold SQL are bound as values: every model runs, no table is lost."""
    values = ["x'); drop table meetings.meetings; --", '{"a": "$as_of"}', "$as_of"]
    chosen = Settings.model_validate(
        {
            "firm": {"time_zone": "America/New_York", "internal_domains": values},
            "hosts": {"aliases": dict.fromkeys(values, "dana@firm.example")},
        }
    )
    tables.run_stage("sources", "meetings", "contacts", settings=chosen)
    assert tables.rows("meetings.meetings") == []


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*FORMULA_STARTS, ""]), st.text(st.characters(codec="utf-8"))), min_size=1))
def test_no_cell_is_a_formula(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]) -> None:
    """Whatever a cell holds, in .csv and .xlsx it begins with nothing that a spreadsheet runs."""
    folder = tmp_path_factory.mktemp("cells")
    said = [start + text for start, text in [*cells, *((start, "1+1") for start in FORMULA_STARTS)]]
    with duckdb.connect() as connection:
        connection.execute("create schema metrics")
        connection.execute("create table metrics.t as select unnest($1::varchar[]) as a, [a] as b", [said])
        for ending in (".csv", ".xlsx"):
            export_table(connection, "metrics.t", folder / f"t{ending}")
    written = (folder / "t.csv").read_text(encoding="utf-8-sig")
    found = [cell for row in list(csv.reader(io.StringIO(written, newline="")))[1:] for cell in row]
    book = openpyxl.load_workbook(folder / "t.xlsx")
    shown = [cell for row in book.worksheets[0].iter_rows(min_row=2) for cell in row if cell.value]
    assert not any(str(value).startswith(FORMULA_STARTS) for value in [*found, *(cell.value for cell in shown)])
    assert all(cell.data_type != "f" for cell in shown)
