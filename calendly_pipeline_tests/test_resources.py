"""The warehouse as a run holds it."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from calendly_pipeline.resources import WarehouseResource
from calendly_pipeline.warehouse import open_warehouse, wanted_mark

READER = """
import sys, time
from pathlib import Path
from calendly_pipeline.warehouse import open_warehouse
with open_warehouse(Path(sys.argv[1]), read_only=True, wait_seconds=20) as connection:
    print(connection.execute("select max(step) from main.steps").fetchall()[0][0], flush=True)
"""


def in_a_run(path: Path, *steps: Any) -> bool:
    """Run functions of a connection as the steps of one run; whether it succeeded."""

    def op_of(number: int, step: Any) -> dg.OpDefinition:
        @dg.op(name=f"step_{number}", ins={"before": dg.In(dg.Nothing)} if number else {})
        def work(warehouse: WarehouseResource) -> None:
            with warehouse.get_connection() as connection:
                step(connection)

        return work

    ops = [op_of(number, step) for number, step in enumerate(steps)]
    needs = {op.name: {"before": dg.DependencyDefinition(ops[n].name)} for n, op in enumerate(ops[1:])}
    graph = dg.GraphDefinition("run", node_defs=ops, dependencies=needs)
    resources = {"warehouse": WarehouseResource(database=str(path))}
    return graph.execute_in_process(resources=resources, raise_on_error=False).success


def test_steps_share_a_connection_and_leave_none_behind(tmp_path: Path) -> None:
    """The steps of a run work on one connection; after the run the file is free, and so it is after a failed step."""
    path, seen = tmp_path / "warehouse.duckdb", []

    def fail(connection: duckdb.DuckDBPyConnection) -> None:
        seen.append(connection)
        raise dg.Failure("on purpose")

    assert in_a_run(path, seen.append, seen.append)
    assert seen[0] is seen[1]
    assert not in_a_run(path, seen.append, fail)
    done = subprocess.run(
        [sys.executable, "-c", "import sys, duckdb; duckdb.connect(sys.argv[1]).close()", str(path)], check=False
    )
    assert done.returncode == 0


def test_a_waiting_process_gets_its_turn_between_two_steps(tmp_path: Path) -> None:
    """Who waits for the file reads it while the run goes on, and leaves no mark behind."""
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute("create table main.steps as select 0 as step")
    waiting: list[subprocess.Popen[str]] = []

    def start(connection: duckdb.DuckDBPyConnection) -> None:
        waiting.append(subprocess.Popen([sys.executable, "-c", READER, str(path)], stdout=subprocess.PIPE, text=True))
        deadline = time.monotonic() + 20
        while not wanted_mark(path).exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def step(connection: duckdb.DuckDBPyConnection) -> None:
        time.sleep(0.2)
        connection.execute("insert into main.steps select max(step) + 1 from main.steps")

    assert in_a_run(path, start, *[step] * 12)
    said, _ = waiting[0].communicate(timeout=20)
    assert int(said.splitlines()[-1]) < 12  # stamina may log its waits before it
    assert not wanted_mark(path).exists()


def test_a_mark_of_nobody_does_not_slow_a_run(tmp_path: Path) -> None:
    """The mark that a killed process left costs one pause, not one per step."""
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path):
        wanted_mark(path).touch()
    began = time.monotonic()
    assert in_a_run(path, *[lambda connection: None] * 6)
    assert not wanted_mark(path).exists()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("times", [1, 2])
def test_outside_a_run_nothing_is_kept_open(tmp_path: Path, times: int) -> None:
    """A resource used without a run closes its connection each time."""
    resource = WarehouseResource(database=str(tmp_path / "warehouse.duckdb"))
    for _ in range(times):
        with resource.get_connection() as connection:
            connection.execute("select 1")
        with pytest.raises(duckdb.ConnectionException):
            connection.execute("select 1")
