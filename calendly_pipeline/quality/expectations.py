"""What a stage expects of the tables it publishes, as data.

What belongs here: the words in which `<stage>/expectations.py` speaks. What does not: Great Expectations itself, which
takes seconds to import (`validation.py`), and Dagster (`expectation_checks.py`).

An expectation says what a value, a share or an order should be. What must hold between tables, or of a key, is a
query of bad rows in `<stage>/checks/`. A batch is the result of one query and holds the columns that are used, nothing
else: distinct values with their counts, or shares that DuckDB computes (`share_of()` of macros.sql), where a row each
would say no more. So a million rows cost little. What names a person is replaced by its outline (`outline()`), because
failing values are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["blocking", "error", "warning"]


@dataclass(frozen=True)
class Expectation:
    """One expectation. `kind` and `arguments` are Great Expectations' own; `means` is what a person reads."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    means: str
    level: Level = "warning"


@dataclass(frozen=True)
class Batch:
    """A query, which may name `$parameters` as a model may, and what is expected of its rows."""

    name: str
    query: str
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Suite:
    """All that is expected of one published table, `stage.table`."""

    table: str
    batches: tuple[Batch, ...]

    @property
    def expectations(self) -> list[Expectation]:
        """Every expectation of every batch."""
        return [expectation for batch in self.batches for expectation in batch.expectations]


def one_of(name: str, column: str, values: Sequence[Any], means: str, level: Level = "warning") -> Expectation:
    """Every value that is not null is one of these."""
    arguments = {"column": column, "value_set": list(values)}
    return Expectation(name, "expect_column_values_to_be_in_set", arguments, means, level)


def between(
    name: str,
    column: str,
    low: float | None,
    high: float | None,
    means: str,
    level: Level = "warning",
    *,
    mostly: float = 1.0,
) -> Expectation:
    """At least the share `mostly` of the values that are not null lies in [low, high]; null: no limit."""
    arguments = {"column": column, "min_value": low, "max_value": high, "mostly": mostly}
    return Expectation(name, "expect_column_values_to_be_between", arguments, means, level)


def matching(name: str, column: str, pattern: str, means: str, level: Level = "warning") -> Expectation:
    """Every value that is not null fits the regular expression; it groups by `(?:...)`, as pandas warns of others."""
    arguments = {"column": column, "regex": pattern}
    return Expectation(name, "expect_column_values_to_match_regex", arguments, means, level)


def present(name: str, column: str, means: str, level: Level = "warning", *, mostly: float = 1.0) -> Expectation:
    """At least the share `mostly` of the values is not null."""
    arguments = {"column": column, "mostly": mostly}
    return Expectation(name, "expect_column_values_to_not_be_null", arguments, means, level)


def paired(
    name: str, columns: tuple[str, str], pairs: Sequence[tuple[Any, Any]], means: str, level: Level = "warning"
) -> Expectation:
    """Two columns hold only these pairs of values."""
    arguments = {"column_A": columns[0], "column_B": columns[1], "value_pairs_set": [list(pair) for pair in pairs]}
    return Expectation(name, "expect_column_pair_values_to_be_in_set", arguments, means, level)


def not_before(name: str, later: str, earlier: str, means: str, level: Level = "warning") -> Expectation:
    """In every row the first column is the second's equal or greater; rows with a null are left out."""
    arguments = {
        "column_A": later,
        "column_B": earlier,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Expectation(name, "expect_column_pair_values_a_to_be_greater_than_b", arguments, means, level)


def distinct(name: str, column: str, means: str, level: Level = "warning") -> Expectation:
    """No value that is not null occurs twice."""
    return Expectation(name, "expect_column_values_to_be_unique", {"column": column}, means, level)
