"""The ordered rules that say what kind of meeting it was: the firm's, else those that ship."""

import tomllib
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import ClassificationRule, Settings

SHIPPED = Path(__file__).with_name("rules.toml")
COLUMNS = (
    "name_pattern",
    "event_type_id",
    "event_type_slug",
    "platform",
    "host",
    "min_duration_minutes",
    "max_duration_minutes",
    "answer_pattern",
    "all_internal",
)


def rules(settings: Settings) -> tuple[ClassificationRule, ...]:
    """The rules in force, in order."""
    if settings.classification.rules is not None:
        return settings.classification.rules
    document = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return tuple(ClassificationRule.model_validate(rule) for rule in document["rules"])


def load_rules(connection: duckdb.DuckDBPyConnection, ordered: tuple[ClassificationRule, ...]) -> None:
    """Replace `classification.rules`; raises SettingsError for a pattern that is no regular expression."""
    for rule in ordered:
        _require_patterns(connection, rule)
    rows = [_row(position, rule) for position, rule in enumerate(ordered, 1)]
    marks = ", ".join("?" for _ in range(len(COLUMNS) + 3))
    connection.execute("begin")
    connection.execute("delete from classification.rules")
    if rows:
        connection.executemany(f"insert into classification.rules values ({marks})", rows)  # noqa: S608 - marks only
    connection.execute("commit")


def _row(position: int, rule: ClassificationRule) -> list[Any]:
    return [position, rule.name, rule.meeting_type, *(getattr(rule, column) for column in COLUMNS)]


def _require_patterns(connection: duckdb.DuckDBPyConnection, rule: ClassificationRule) -> None:
    for column in ("name_pattern", "answer_pattern"):
        pattern = getattr(rule, column)
        try:
            connection.execute("select regexp_matches('', $pattern, 'i')", {"pattern": pattern})
        except duckdb.Error as error:
            raise SettingsError(
                f"classification.rules: {column} of rule {rule.name!r} is no regular expression: {error}.",
                "The dialect is RE2's.",
            ) from error
