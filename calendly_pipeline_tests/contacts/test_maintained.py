"""The stage kept up to date is the stage built from scratch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline.concerned_rows import ConcernedRows
from calendly_pipeline.dependence import Dependence, columns_read
from calendly_pipeline.failures import GrainViolated
from calendly_pipeline.sql_files import SqlFile
from calendly_pipeline.table_versions import FEW_ROWS, Register
from calendly_pipeline_tests.conftest import Tables, copied
from calendly_pipeline_tests.contacts.changing_firm import (
    MODELS,
    OFTEN,
    ORDER,
    SELDOM,
    ChangingFirm,
    Happening,
    Killed,
)

KEYED = {model.table for model in MODELS if "changes with" in model.keys}


@dataclass(frozen=True)
class Day:
    """What happens to the firm, and what becomes of the run before the one that ends well."""

    happenings: Sequence[Happening]
    killed_before: str | None = None
    alone: Sequence[str] = ()


DAYS = st.builds(
    Day,
    st.lists(st.sampled_from(OFTEN), min_size=1, max_size=4).flatmap(
        lambda often: st.sampled_from([*SELDOM, *OFTEN]).map(lambda one: [*often, one])
    ),
    st.none() | st.sampled_from(ORDER),
    st.lists(st.sampled_from(ORDER), max_size=6, unique=True),
)


def live(firm: ChangingFirm, day: Day) -> dict[str, str]:
    """A day with its runs; returns how each table was built, at most by keys."""
    half = len(day.happenings) // 2
    how: dict[str, str] = {}
    for happening in day.happenings[:half]:
        happening(firm)
    if day.alone:
        how |= {table: built.how for table, built in firm.refresh(*day.alone).items()}
    for happening in day.happenings[half:]:
        happening(firm)
    if day.killed_before:
        with pytest.raises(Killed):
            firm.refresh(killed_before=day.killed_before)
        how |= {table: built.how for table, built in firm.built.items()}
    return how | {table: built.how for table, built in firm.refresh().items() if built.how != "unchanged"}


def lived(warehouse: Path, examples: int, days: int) -> set[str]:
    """Lives so many firms' days, and holds every day's tables against a build from scratch; returns what keys built."""
    by_keys: set[str] = set()

    @settings(max_examples=examples, deadline=None, database=None)
    @given(seed=st.integers(1, 1_000_000), days=st.lists(DAYS, min_size=1, max_size=days))
    def whatever_happens(seed: int, days: list[Day]) -> None:
        with copied(warehouse) as tables:
            firm = ChangingFirm(tables.connection, seed)
            firm.refresh()
            for day in [Day(OFTEN), *days]:
                by_keys.update(table for table, how in live(firm, day).items() if how == "changed keys")
                assert firm.different() == set()

    whatever_happens()
    return by_keys


def test_whatever_happens(listed_warehouse: Path) -> None:
    """After any changes, killed runs and tables built alone, every table is what a build from scratch makes."""
    assert lived(listed_warehouse, examples=2, days=1) == KEYED


@pytest.mark.faults
def test_whatever_happens_for_long(listed_warehouse: Path) -> None:
    """The same for many firms."""
    assert lived(listed_warehouse, examples=20, days=3) == KEYED


@pytest.fixture
def firm(listed_warehouse: Path) -> Iterator[ChangingFirm]:
    """A firm that was refreshed once."""
    with copied(listed_warehouse) as tables:
        firm = ChangingFirm(tables.connection, seed=3, cards=60, invitees=150)
        firm.refresh()
        yield firm


def test_nothing_new_builds_nothing(firm: ChangingFirm) -> None:
    """A second run with the same inputs leaves every table alone."""
    assert {built.how for built in firm.refresh().values()} == {"unchanged"}
    assert firm.different() == set()


def test_what_changed_and_changed_back(firm: ChangingFirm) -> None:
    """A look at a changed input is not lost when a run dies before anything is built of it."""
    firm.change_attendee()
    with pytest.raises(Killed):
        firm.refresh(killed_before="contacts.names")
    assert firm.refresh()["contacts.names"].how == "changed keys"
    assert firm.different() == set()


def test_repeated_keys_are_not_published(firm: ChangingFirm) -> None:
    """Rows of changed keys that repeat the grain leave the table and its record as they were; put right, all is new."""
    before = firm.connection.execute("select * from contacts.attendee_details order by attendee_id").fetchall()
    repeated = "select * replace ('Zoe Hale' as name) from meetings.attendees where attendee_id = 'a7'"
    firm.connection.execute(f"insert into meetings.attendees {repeated}")
    firm.connection.execute("update meetings.attendees set name = 'Zoe Birch' where attendee_id = 'a8'")
    with pytest.raises(GrainViolated, match="attendee_id"):
        firm.refresh()
    after = firm.connection.execute("select * from contacts.attendee_details order by attendee_id").fetchall()
    assert after == before
    firm.connection.execute("delete from meetings.attendees where attendee_id = 'a7'")
    assert "contacts.attendee_details" not in firm.built
    assert firm.refresh()["contacts.attendee_details"].how == "changed keys"
    assert firm.different() == set()


def test_small_firms_are_built_as_a_whole(firm: ChangingFirm) -> None:
    """Where there are few rows, what changed is built as a whole, and what did not is left alone."""
    firm.few_rows = FEW_ROWS
    firm.book()
    built = {table: one.how for table, one in firm.refresh().items()}
    assert (built["contacts.matches"], built["contacts.addresses"]) == ("whole", "unchanged")
    assert "changed keys" not in built.values()
    assert firm.different() == set()


def test_a_new_query_builds_the_whole(firm: ChangingFirm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose text or setting changed is built as a whole, and says why."""
    monkeypatch.setitem(firm.settings["firm"], "internal_domains", ["other.example"])
    built = firm.refresh()["contacts.internal_identities"]
    assert (built.how, "setting" in str(built.because)) == ("whole", True)
    assert firm.different() == set()


def test_a_key_of_another_type_builds_the_whole(firm: ChangingFirm) -> None:
    """Tables made when a key was a text are made anew, and what changes afterwards is found by keys."""
    as_text = [replace(model, text=model.text.replace("::uuid as identity_id", " as identity_id")) for model in MODELS]
    firm.models = as_text
    firm.refresh()
    types = [row[1] for row in firm.connection.execute("describe contacts.matches").fetchall()]
    assert "UUID" not in types
    firm.models = MODELS
    assert firm.refresh()["contacts.identity_verdicts"].how == "whole"
    assert firm.different() == set()
    firm.book()
    assert firm.refresh()["contacts.identity_verdicts"].how == "changed keys"
    assert firm.different() == set()


def test_keys_that_come_late_are_held_once(firm: ChangingFirm) -> None:
    """Rows of keys that are added to those held stand beside them, every row of every key once and no other."""
    table, few, all_of = "contacts.matches", "('a1', 'a2')", "('a1', 'a2', 'a3', 'a4')"
    firm.connection.execute("create or replace temp table concerned_keys as select '' as key limit 0")
    rows = ConcernedRows(firm.connection, Register(firm.connection), "attendee_id")
    for wanted in (few, all_of, all_of):
        keys = f"select attendee_id as key from contacts.attendee_details where attendee_id in {wanted}"
        firm.connection.execute(f"create or replace temp table concerned_keys as {keys}")
        rows.add_keys()
        held = f"select attendee_id, contact_id from by_attendee_id.{table} order by all"
        rows.hold(table, "attendee_id", ["attendee_id", "contact_id"])
        asked = f"select attendee_id, contact_id from {table} where attendee_id in {wanted} order by all"
        assert firm.connection.execute(held).fetchall() == firm.connection.execute(asked).fetchall()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_headers_name_what_is_there(tables: Tables, model: SqlFile) -> None:
    """A header's lines name inputs of the model, what leads to their rows, and expressions over the columns of both."""
    columns = partial(_columns, tables)
    depends = Dependence(model, columns)
    lines = [line for line in model.header if line.startswith("through")]
    assert len(depends.links) == len(lines)
    assert {link.table for link in depends.links} <= {*model.reads}
    inputs = {one.table: one.reads for one in MODELS}
    for link in depends.links:
        assert link.other in {None, *model.reads, model.table, *inputs.get(link.table, [])}
    assert depends.key is None or depends.key in columns(model.table)
    assert depends.key is None or depends.keyed_inputs
    for link in depends.links:
        tables.rows(f"select {link.finder} from {link.table}")
        tables.rows(f"select {link.other_finder} from {link.other or link.table}" if link.other else "select 1 as one")


def test_columns_read_are_at_least_those_that_are_read(tables: Tables) -> None:
    """What is compared of an input of another stage holds every column that DuckDB takes from it for a model."""
    for table in ("meetings.attendees", "meetings.meetings", "meetings.moves", "sources.crm_contacts"):
        named = set(columns_read(MODELS, table, _columns(tables, table)))
        kept = ", ".join(f'"{column}"' for column in _columns(tables, table) if column in named)
        tables.connection.execute(f"create table main.narrow as select {kept} from {table}")
        tables.connection.execute(f"drop table {table}")
        tables.connection.execute(f"create table {table} as from main.narrow")
        tables.connection.execute("drop table main.narrow")
    tables.run(*(model.table for model in MODELS))


def _columns(tables: Tables, table: str) -> list[str]:
    return [row["column_name"] for row in tables.rows(f"describe {table}")]
