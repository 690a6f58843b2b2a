"""Which rules are in force, and which cannot be."""

from collections.abc import Iterator

import duckdb
import pytest

from calendly_pipeline.classification.rules import load_rules, rules
from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import ClassificationRule
from calendly_pipeline_tests.classification.given import firm_of
from calendly_pipeline_tests.conftest import Tables


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection without any table."""
    with duckdb.connect() as connection:
        yield connection


def rule(name: str = "mine", **conditions: str) -> ClassificationRule:
    """A rule that calls a meeting other."""
    return ClassificationRule.model_validate({"name": name, "meeting_type": "other", **conditions})


@pytest.mark.parametrize("column", ["name_pattern", "answer_pattern"])
@pytest.mark.parametrize("pattern", ["(", "(?=review)", r"(a)\1", "(?<!p)review", "a{2000}"])
def test_a_broken_pattern_is_named(connection: duckdb.DuckDBPyConnection, column: str, pattern: str) -> None:
    """A pattern that DuckDB's dialect does not know is an error that names the rule and the column."""
    with pytest.raises(SettingsError, match=f"{column} of rule 'mine'"):
        load_rules(connection, [rule(**{column: pattern})])


@pytest.mark.parametrize("names", [("one", "one"), ("",), (" ",), ("none",)])
def test_a_rule_has_a_name_of_its_own(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """Two rules of one name, a rule without one, and a rule called like no rule are errors."""
    with pytest.raises(SettingsError, match=r"classification\.rules"):
        load_rules(connection, [rule(name) for name in names])


def test_a_firms_rules_replace_the_shipped_ones(tables: Tables) -> None:
    """The table holds the rules in force in their order: the firm's when it has any, none when it says so."""
    load_rules(tables.connection, rules(firm_of()))
    shipped = tables.rows("classification.rules")
    assert len(shipped) > 5
    assert shipped[0]["rule"] == "only_staff"
    load_rules(tables.connection, rules(firm_of(rule("b").model_dump(), rule("a").model_dump())))
    assert [(row["position"], row["rule"]) for row in tables.rows("classification.rules")] == [(1, "b"), (2, "a")]
    load_rules(tables.connection, rules(firm_of(classification={"rules": []})))
    assert tables.rows("classification.rules") == []


def test_a_broken_rule_leaves_the_last_good_ones(tables: Tables) -> None:
    """When one rule cannot be used, none is replaced."""
    load_rules(tables.connection, [rule("good")])
    with pytest.raises(SettingsError):
        load_rules(tables.connection, [rule("fine"), rule("broken", name_pattern="(")])
    assert [row["rule"] for row in tables.rows("classification.rules")] == ["good"]


def test_a_host_may_be_named_by_any_address() -> None:
    """A rule for another address of a host is a rule for the host."""
    chosen = firm_of(
        rule(host="D.Host@old.example").model_dump(),
        hosts={"aliases": {"d.host@old.example": "dana@juniperlane.example"}},
    )
    assert [one.host for one in rules(chosen)] == ["dana@juniperlane.example"]
