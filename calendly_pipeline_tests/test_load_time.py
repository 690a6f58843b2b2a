"""The code location is there at once: it imports only what definitions need."""

import json
import resource
import subprocess
import sys

import pytest

HELLO = """
import dagster as dg

@dg.asset
def hello() -> None:
    pass

dg.Definitions(assets=[hello]).get_repository_def()
"""
OURS = """
from calendly_pipeline.definitions import defs

defs.get_repository_def()
"""
ALLOWED_RATIO = 1.3
ONLY_RUNS_NEED = (
    "great_expectations", "pandas", "numpy", "pyarrow", "sqlglot", "sqlalchemy", "alembic", "httpx", "matplotlib",
    "phonenumbers", "openpyxl", "jinja2", "stamina", "psutil",
)  # fmt: skip


def test_definitions_import_nothing_that_only_runs_need() -> None:
    """Loading the definitions imports neither Great Expectations nor any other library that a step alone uses."""
    code = f"{OURS}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) & set(ONLY_RUNS_NEED) == set()


def processor_seconds(code: str) -> float:
    """Processor time of a fresh interpreter; steadier than the clock on a machine that is shared."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.faults
def test_loading_takes_little_longer_than_dagster_itself() -> None:
    """Import and repository take at most 1.3 times what a project of one asset takes; fastest of nine, in turn."""
    pairs = [(processor_seconds(OURS), processor_seconds(HELLO)) for _ in range(9)]
    ours, hello = (min(times) for times in zip(*pairs, strict=True))  # what disturbs only ever adds
    assert ours <= ALLOWED_RATIO * hello
