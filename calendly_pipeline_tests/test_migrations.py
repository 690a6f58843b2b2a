"""The state store goes forward from every version there ever was, with what people and vendors put into it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from calendly_pipeline.state import MIGRATIONS, State, metadata

VALUES = {
    sa.DateTime: datetime(2026, 6, 1, tzinfo=UTC),
    sa.JSON: {"kept": ["ä", 1]},
    sa.Boolean: True,
    sa.Integer: 7,
    sa.Float: 7.5,
}


def config() -> Config:
    """The migrations as the state store runs them."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    return found


REVISIONS = [script.revision for script in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))]


def at_revision(path: Path, revision: str) -> State:
    """A new store as that version made it."""
    state = State(f"sqlite:///{path}")
    with state.engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
    return state


def filled(state: State) -> dict[str, list[dict[str, Any]]]:
    """Put a row with every column filled into every table; returns them by table."""
    tables = sa.MetaData()
    tables.reflect(state.engine)
    own = [table for table in tables.sorted_tables if table.name != "alembic_version"]
    with state.transaction() as connection:
        for table in own:
            row = {
                column.name: _value(column) for column in table.columns if column.primary_key or not column.foreign_keys
            }
            connection.execute(table.insert().values(**row))
    return {table.name: rows(state, table) for table in own}


def rows(state: State, table: sa.Table) -> list[dict[str, Any]]:
    """Every row of a table in the columns it is described with."""
    with state.engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _value(column: sa.Column[Any]) -> Any:
    found = [value for kind, value in VALUES.items() if isinstance(column.type, kind)]
    return found[0] if found else f"{column.name} said"


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_version_goes_forward_with_its_rows(tmp_path: Path, revision: str) -> None:
    """A store of that version, filled, becomes one of this version: every row as it was, every table as declared."""
    state = at_revision(tmp_path / "state.db", revision)
    before = filled(state)
    state.upgrade()
    state.upgrade()
    there = sa.MetaData()
    there.reflect(state.engine)
    for name, wanted in before.items():
        found = rows(state, there.tables[name])
        assert [{key: row[key] for key in wanted[0]} for row in found] == wanted, name
    declared = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}
    assert {name: {column.name for column in there.tables[name].columns} for name in declared} == declared
    state.close()


def test_versions_follow_each_other_in_one_line() -> None:
    """There is one newest version, and every one but the first names the one before it."""
    scripts = ScriptDirectory.from_config(config())
    assert scripts.get_heads() == [REVISIONS[-1]]
    assert [scripts.get_revision(revision).down_revision for revision in REVISIONS] == [None, *REVISIONS[:-1]]
