"""The ordered rules that say what kind of meeting it was: the firm's, else those that ship.

What belongs here: reading and checking the rules. What does not: applying them (`sql/meeting_types.sql`).
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import ClassificationRule, Settings
from calendly_pipeline.warehouse import replace_rows

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
NO_RULE = "none"
"""What `classification.meeting_types` says where no rule fits; no rule may be called so."""


def rules(settings: Settings) -> tuple[ClassificationRule, ...]:
    """The rules in force, in order, hosts under their one address."""
    listed = settings.classification.rules
    if listed is None:
        document = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
        listed = tuple(ClassificationRule.model_validate(rule) for rule in document["rules"])
    aliases = settings.hosts.aliases
    return tuple(rule.model_copy(update={"host": aliases.get(rule.host or "", rule.host)}) for rule in listed)


def load_rules(connection: duckdb.DuckDBPyConnection, ordered: Sequence[ClassificationRule]) -> None:
    """Replace `classification.rules`, all or nothing; raises SettingsError naming the rule that cannot be used."""
    _require_names(ordered)
    for rule in ordered:
        _require_patterns(connection, rule)
    rows = [
        {
            "position": position,
            "rule": rule.name,
            "meeting_type": rule.meeting_type,
            **{column: getattr(rule, column) for column in COLUMNS},
        }
        for position, rule in enumerate(ordered, 1)
    ]
    replace_rows(connection, {"classification.rules": rows})


def _require_names(ordered: Sequence[ClassificationRule]) -> None:
    names = [rule.name for rule in ordered]
    for name in names:
        if not name.strip() or name == NO_RULE:
            raise SettingsError(
                f"classification.rules: {name!r} is no name for a rule.", "Give it one that says what it finds."
            )
        if names.count(name) > 1:
            raise SettingsError(f"classification.rules: two rules are called {name!r}.", "Give each its own name.")


def _require_patterns(connection: duckdb.DuckDBPyConnection, rule: ClassificationRule) -> None:
    """Compile where it will run: DuckDB's RE2 knows no look-ahead and no back references."""
    for column in ("name_pattern", "answer_pattern"):
        pattern = getattr(rule, column)
        try:
            connection.execute("select regexp_matches('', $pattern, 'i')", {"pattern": pattern})
        except duckdb.Error as error:
            raise SettingsError(
                f"classification.rules: {column} of rule {rule.name!r} is no regular expression: {error}.",
                "The dialect is RE2's: no look-ahead, no back references.",
            ) from error
