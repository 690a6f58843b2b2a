"""The warehouse opens safely, and SQL files mean what they say."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlglot import expressions as exp

from calendly_pipeline import warehouse
from calendly_pipeline.failures import StoreError, WarehouseBusy
from calendly_pipeline.sql_files import SqlFile
from calendly_pipeline.warehouse import (
    STAGES,
    content_hash,
    open_warehouse,
    parameters_of,
    replace_table,
    row_count,
    run_query,
)
from calendly_pipeline_tests.conftest import PACKAGE, Tables, all_models, parsed
from calendly_pipeline_tests.quality.mutants import all_checks

HOLDER = """
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_every_model_runs_on_empty_inputs(tables: Tables) -> None:
    """With nothing dropped every table exists and is empty or holds no people."""
    empty = [model.table for model in all_models() if model.stage in ("sources", "meetings")]
    assert {table: row_count(tables.connection, table) for table in empty} == dict.fromkeys(empty, 0)


def test_another_process_is_named_after_a_bounded_wait(tmp_path: Path) -> None:
    """While another process holds the file, opening waits, then says who holds it and that a retry helps."""
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path):
        pass
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusy, match=str(holder.pid)) as caught, open_warehouse(path, wait_seconds=0.5):
            pass
        assert caught.value.retry_helps
    finally:
        holder.kill()
        holder.communicate()
    with open_warehouse(path, wait_seconds=10) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_an_exception_frees_the_file(tmp_path: Path) -> None:
    """A failure inside leaves no lock behind, even while the exception is still at hand."""
    path = tmp_path / "warehouse.duckdb"
    with pytest.raises(ValueError, match="inside") as kept, open_warehouse(path):
        raise ValueError("inside")
    code = f"import duckdb; duckdb.connect({str(path)!r}).close()"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert kept.value is not None


def test_another_schema_version_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warehouse of another version is emptied, because everything in it can be derived again."""
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute("create table metrics.old as select 1 as one")
    monkeypatch.setattr(warehouse, "schema_version", lambda: "another")
    with open_warehouse(path) as connection:
        assert "metrics.old" not in warehouse.table_names(connection)
        assert "sources.files" in warehouse.table_names(connection)


def test_reading_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    """Without a warehouse a reader is told to run first, and no file appears."""
    with (
        pytest.raises(StoreError, match="calendly-pipeline run"),
        open_warehouse(tmp_path / "no.duckdb", read_only=True),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_failed_replacement_keeps_the_last_good_table(tables: Tables) -> None:
    """A query that fails half-way leaves the table as it was."""
    replace_table(tables.connection, "metrics.kept", "select 1 as one", {})
    with pytest.raises(duckdb.Error):
        replace_table(tables.connection, "metrics.kept", "select error('half-way')::integer as one from range(10)", {})
    assert tables.rows("metrics.kept") == [{"one": 1}]


def test_content_hash_sees_rows_not_their_order(tables: Tables) -> None:
    """Equal rows give equal hashes in any order, another or one more row does not; `as_of` is left out."""
    made = {
        "a": "select * from (values (1, 'x'), (2, null)) as t (n, s)",
        "b": "select * from (values (2, null), (1, 'x')) as t (n, s)",
        "c": "select * from (values (2, null), (1, 'y')) as t (n, s)",
        "d": "select * from (values (2, null), (1, 'x'), (1, 'x')) as t (n, s)",
        "e": "select t.*, now() as as_of from (values (2, null), (1, 'x')) as t (n, s)",
    }
    for name, query in made.items():
        replace_table(tables.connection, f"metrics.{name}", query, {})
    hashes = {name: content_hash(tables.connection, f"metrics.{name}") for name in made}
    assert hashes["a"] == hashes["b"] == hashes["e"]
    assert len({hashes["a"], hashes["c"], hashes["d"]}) == 3


def test_parameters_are_bound() -> None:
    """Only the parameters a query names are passed, and a hostile value stays a value."""
    connection = duckdb.connect()
    assert parameters_of("select $a, '$' -- $not_this\n, $b_2") == {"a", "b_2"}
    hostile = "x'; drop table t; --"
    assert run_query(connection, "select $a as a", {"a": hostile, "z": 1}).fetchall() == [(hostile,)]
    connection.close()


def test_a_sql_file_carries_its_own_documentation(tmp_path: Path) -> None:
    """Description, grain, column documentation and dependencies are read from the file."""
    text = (
        "-- One row per thing.\n-- grain: a\nwith x as (select 1 as a from meetings.meetings)\n"
        "select\n    a,  -- the a\n    2 as b\nfrom x\n"
    )
    file = SqlFile(tmp_path / "things.sql", "metrics", text)
    assert file.description.startswith("One row per thing.")
    assert file.keys == {"grain": "a"}
    assert file.column_docs == {"a": "the a"}
    assert file.reads == ["meetings.meetings"]


def test_what_is_told_from_a_files_text_is_what_sqlglot_finds_in_it() -> None:
    """The tables that a model or check reads and the documentation of a model's columns are those of its query."""
    for file in [*all_models(), *all_checks()]:
        found = {f"{table.db}.{table.name}" for table in parsed(file).find_all(exp.Table) if table.db in STAGES}
        assert file.reads == sorted(found), file.table
    for model in all_models():
        behind = {
            each.alias_or_name: " ".join(text.strip() for text in _comments(each)) for each in parsed(model).selects
        }
        assert model.column_docs == {name: text for name, text in behind.items() if text and name != "*"}, model.table


def _comments(node: exp.Expr) -> list[str]:
    return list(node.comments or []) or [text for child in node.iter_expressions() for text in _comments(child)]


def test_every_model_documents_itself() -> None:
    """Every model says what a row is and what its grain is, and reads only tables that exist."""
    models = all_models()
    declared = {model.table for model in models}
    loaded = {name for stage in STAGES for name in _tables_python_loads(stage)}
    for model in models:
        assert model.header, model.table
        assert "grain" in model.keys, model.table
        assert set(model.reads) <= declared | loaded, model.table


def _tables_python_loads(stage: str) -> set[str]:
    path = PACKAGE / stage / "tables.sql"
    words = path.read_text(encoding="utf-8").split() if path.exists() else []
    return {word for word in words if word.startswith(f"{stage}.")}
