"""One thing broken at a time: run what follows from it, and see which checks notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import duckdb

from calendly_pipeline.failures import GrainViolated
from calendly_pipeline.quality.data_docs import DataDocs
from calendly_pipeline.quality.expectations import Suite
from calendly_pipeline.quality.validation import read_batches, validate
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline.sql_files import SqlFile, sql_files, tables_read
from calendly_pipeline.warehouse import STAGES, content_hash, replace_table, run_query
from calendly_pipeline_tests.conftest import PACKAGE, all_models
from calendly_pipeline_tests.quality.sample_world import World

SUITE_MODULES = ("expectations", "match_expectations")


@dataclass(frozen=True)
class Mutation:
    """In `target`, a model, the text `before` becomes `after`; a table that Python loads is broken by a statement."""

    name: str
    target: str
    after: str
    before: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a mutation changed, and the checks that pass without it and fail with it."""

    mutation: Mutation
    changed_tables: frozenset[str]
    caught_by: tuple[str, ...]


@cache
def all_checks() -> list[SqlFile]:
    """Every check file."""
    return [check for stage in STAGES for check in sql_files(PACKAGE / stage / "checks", stage)]


@cache
def all_suites() -> list[Suite]:
    """Every suite of expectations."""
    found = []
    for stage in STAGES:
        for name in SUITE_MODULES:
            if (PACKAGE / stage / f"{name}.py").exists():
                found += import_module(f"calendly_pipeline.{stage}.{name}").SUITES
    return found


def downstream_of(target: str) -> list[SqlFile]:
    """The models that follow from a table, itself included, in order."""
    affected = {target}
    found = []
    for model in all_models():
        if model.table == target or affected & set(model.reads):
            affected.add(model.table)
            found.append(model)
    return found


class Judge:
    """Knows which checks fail on the unbroken world, and what its tables hold."""

    def __init__(self, world: World, folder: Path, *, with_expectations: bool) -> None:
        self.world = world
        self.docs = DataDocs(folder)
        self.with_expectations = with_expectations
        with world.copy() as connection:
            tables = {model.table for model in all_models()}
            self.hashes = {table: content_hash(connection, table) for table in tables}
            self.known = set(self.failing(connection, tables))

    def outcome(self, mutation: Mutation) -> Outcome:
        """Break, run what follows, look."""
        with self.world.copy() as connection:
            try:
                self._run(connection, mutation)
            except GrainViolated as error:
                return Outcome(mutation, frozenset({mutation.target}), (f"grain of {str(error).split(':')[0]}",))
            models = [model.table for model in downstream_of(mutation.target)]
            changed = {table for table in models if content_hash(connection, table) != self.hashes[table]}
            caught = [name for name in self.failing(connection, changed | {mutation.target}) if name not in self.known]
        return Outcome(mutation, frozenset(changed), tuple(caught))

    def failing(self, connection: duckdb.DuckDBPyConnection, tables: set[str]) -> Iterator[str]:
        """Checks about these tables that do not pass, SQL first."""
        for check in all_checks():
            is_about = bool(tables & {check.keys["asset"], *check.reads})
            if is_about and run_query(connection, check.text, self.world.parameters).fetchone():
                yield check.table
        for suite in all_suites() if self.with_expectations else ():
            if tables & {table for batch in suite.batches for table in tables_read(batch.query)}:
                frames = read_batches(connection, suite, self.world.parameters)
                for _, finding in validate(suite, frames, self.docs, SAMPLE_AS_OF):
                    if not finding.passed:
                        yield f"{suite.table} {finding.expectation.name}"

    def _run(self, connection: duckdb.DuckDBPyConnection, mutation: Mutation) -> None:
        if not mutation.before:
            connection.execute(mutation.after)
        for model in downstream_of(mutation.target):
            text = model.text
            if model.table == mutation.target:
                assert mutation.before in text, f"{mutation.name}: {model.table} does not hold {mutation.before!r}"
                text = text.replace(mutation.before, mutation.after)
            replace_table(connection, model.table, text, self.world.parameters, model.grain)
