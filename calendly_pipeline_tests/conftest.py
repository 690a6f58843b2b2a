"""Fixtures shared by all tests."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
import sqlglot
import stamina
from sqlglot import expressions as exp

import calendly_pipeline
from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.home import REPOSITORY
from calendly_pipeline.settings import Settings
from calendly_pipeline.sql_files import SqlFile, sql_files
from calendly_pipeline.warehouse import STAGES, create_schemas, prepare, replace_table, run_query

PACKAGE = Path(calendly_pipeline.__file__).parent
hypothesis.settings.register_profile("steady", derandomize=True)  # the same examples everywhere: no chance failure
hypothesis.settings.load_profile("steady")
OURS = ("CALENDLY_", "CAL_COM_", "LACRM_", "BREVO_", "CLEVERTAP_", "ORTTO_", "SALESFORCE_", "ALERT_", "DESK_")
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
VENDORS = ("CALENDLY_", "CAL_COM_", "LACRM_", "DESK_", "SALESFORCE_")


WHOLE_RUNS = (
    "test_contract.py",
    "test_sample_run.py",
    "test_live_contacts.py",
    "test_dagster.py",
    "test_live_sources.py",
    "test_sending.py",
)
"""The slowest files. They start first, or one worker would run the last of them while the other has nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first, everything else as it was."""
    items.sort(key=lambda item: WHOLE_RUNS.index(item.path.name) if item.path.name in WHOLE_RUNS else len(WHOLE_RUNS))


@pytest.fixture(autouse=True, scope="session")
def quiet_retries() -> None:
    """Attempts are counted by the clients; their log lines would bury a failing test's output."""
    stamina.instrumentation.set_on_retry_hooks([])


@pytest.fixture(autouse=True, scope="session")
def no_tokens_of_the_shell() -> Iterator[None]:
    """No test uses a token, a key or an address of the shell it runs in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(OURS)]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the variables of the shell it runs in, nor writes into the repository."""
    for name in ("PIPELINE_AS_OF", "PIPELINE_STATE_URL", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))


FAULTS_HEAD = ["| fault | times tried | lost | doubled | how it shows itself |", "|---|---|---|---|---|"]


@dataclass
class Outcome:
    """How often a fault was tried, and what was lost or doubled by it."""

    tried: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or doubled."""
        return (self.lost, self.doubled) == (0, 0)


@dataclass(frozen=True)
class FaultTable:
    """What was broken on purpose, and what was lost: the table of docs/reliability.md, row by row as it is found."""

    path: Path

    def add(self, fault: str, *, tried: int, lost: int, doubled: int, shown: str) -> None:
        """One fault: how often it was tried, what was lost or doubled, how it showed itself. Its earlier row goes."""
        row = f"| {fault} | {tried:,} | {lost:,} | {doubled:,} | {shown} |"
        kept = [line for line in self._rows() if not line.startswith(f"| {fault} |")]
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text("\n".join([*FAULTS_HEAD, *kept, row, ""]), encoding="utf-8")

    def _rows(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()[len(FAULTS_HEAD) :] if self.path.exists() else []


@pytest.fixture(scope="session")
def fault_table() -> FaultTable:
    """Collects what `make faults` tried, in benchmarks/out/reliability.md; parts of it replace their own rows."""
    return FaultTable(REPOSITORY / "benchmarks" / "out" / "reliability.md")


@cache
def all_models() -> list[SqlFile]:
    """Every SQL model, each after the ones it reads."""
    waiting = {model.table: model for stage in STAGES for model in sql_files(PACKAGE / stage / "sql", stage)}
    ordered: list[SqlFile] = []
    while waiting:
        ready = [model for model in waiting.values() if not any(table in waiting for table in model.reads)]
        assert ready, f"models read each other in a circle: {sorted(waiting)}"
        ordered += ready
        waiting = {table: model for table, model in waiting.items() if model not in ready}
    return ordered


def parsed(file: SqlFile) -> exp.Query:
    """The one query of a model or check, as sqlglot reads it."""
    (statement,) = [each for each in sqlglot.parse(file.text, dialect="duckdb") if each]
    assert isinstance(statement, exp.Query), f"{file.path.name} must hold exactly one query"
    return statement


class Tables:
    """An in-memory warehouse: put rows in, run models or checks, read rows out."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.changes = 0  # tables given so far

    def given(self, table: str, *rows: dict[str, Any]) -> "Tables":
        """Replace a table's rows; columns left out are null."""
        self.changes += 1
        self.connection.execute(f"delete from {table}")
        for row in rows:
            listed = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" for _ in row)
            values = [json.dumps(v) if isinstance(v, dict) else v for v in row.values()]
            self.connection.execute(f"insert into {table} ({listed}) values ({marks})", values)
        return self

    def run(self, *tables: str, settings: Settings | None = None, as_of: datetime = AS_OF) -> "Tables":
        """Run the models of the given tables in the order given."""
        models = {model.table: model for model in all_models()}
        for table in tables:
            model = models[table]
            replace_table(self.connection, table, model.text, _parameters(settings, as_of), model.grain)
        return self

    def run_stage(self, *stages: str, settings: Settings | None = None, as_of: datetime = AS_OF) -> "Tables":
        """Run every model of the given stages, each after the ones it reads."""
        names = [model.table for model in all_models() if model.stage in stages]
        return self.run(*names, settings=settings, as_of=as_of)

    def bad_rows(self, stage: str, check: str, settings: Settings | None = None) -> list[dict[str, Any]]:
        """What a check file finds."""
        (found,) = [file for file in sql_files(PACKAGE / stage / "checks", stage) if file.name == check]
        return _dicts(run_query(self.connection, found.text, _parameters(settings, AS_OF)))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of a table or a query as dictionaries."""
        text = query if " " in query else f"select * from {query} order by all"
        return _dicts(self.connection.execute(text))


def _parameters(settings: Settings | None, as_of: datetime) -> dict[str, Any]:
    chosen = settings or Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
    return chosen.sql_parameters(as_of)


def _dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file with every table of every stage, all empty."""
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    with duckdb.connect(str(path)) as connection:
        create_schemas(connection)
        prepare(connection)
        for model in all_models():
            replace_table(connection, model.table, model.text, _parameters(None, AS_OF))
    return path


@pytest.fixture(scope="session")
def listed_warehouse(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file, empty but for the rules and lists: read once, copied for each test."""
    path = tmp_path_factory.mktemp("listed") / "listed.duckdb"
    shutil.copyfile(empty_warehouse, path)
    with duckdb.connect(str(path)) as connection:
        prepare(connection)
        load_lists(connection)
    return path


@pytest.fixture
def tables(empty_warehouse: Path) -> Iterator[Tables]:
    """Every table of the warehouse, empty, in memory; put rows in with `given`, run models with `run`."""
    with copied(empty_warehouse) as tables:
        yield tables


@contextmanager
def copied(warehouse: Path) -> Iterator[Tables]:
    """A copy of a warehouse file, in memory."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        prepare(connection)
        connection.execute(f"attach '{warehouse}' as given (read_only)")
        connection.execute("copy from database given to memory")
        connection.execute("detach given")
        yield Tables(connection)


def utc(text: str) -> datetime:
    """An instant in UTC from ISO text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    """A date from ISO text."""
    return date.fromisoformat(text)
