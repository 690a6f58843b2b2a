"""rules.toml and the lists beside it, as rows for the tables that SQL models read.

What belongs here: reading and checking these files. What does not: any rule's meaning (SQL).
"""

import csv
import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.warehouse import replace_rows

FOLDER = Path(__file__).parent
RULES = FOLDER / "rules.toml"
LISTS = {name: FOLDER / "lists" / f"{name}.csv" for name in ("mail_domains", "name_shares", "nicknames", "role_names")}
TABLES = ("rule_set", "rules", *sorted(LISTS))
DECISIONS = ("auto", "review", "hint", "off")
OPTIONAL = {"strangers_below": None, "precision_floor": None}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class RuleSet:
    """Everything the rules depend on, under one version."""

    version: str
    tables: dict[str, Rows]


def read_rule_set() -> RuleSet:
    """Read every file; the version changes exactly when one of them does, or the way they are read."""
    document = tomllib.loads(RULES.read_text(encoding="utf-8"))
    texts = [Path(__file__), RULES, *LISTS.values()]
    digest = hashlib.sha256(b"\0".join(path.read_bytes().replace(b"\r\n", b"\n") for path in texts)).hexdigest()
    version = f"{document['version']}-{digest[:8]}"
    tables: dict[str, Rows] = {name: _csv_rows(path) for name, path in LISTS.items()}
    tables["rule_set"] = [{"rule_set_version": version, **_thresholds(document)}]
    tables["rules"] = [{"rule": name, **OPTIONAL, **_checked(name, rule)} for name, rule in document["rules"].items()]
    return RuleSet(version, tables)


def load_lists(connection: duckdb.DuckDBPyConnection) -> str:
    """Fill the tables of rules and lists, all or nothing, unless they hold this version; return the version."""
    rule_set = read_rule_set()
    loaded = connection.execute("select rule_set_version from contacts.rule_set").fetchall()
    if loaded != [(rule_set.version,)]:
        replace_rows(connection, {f"contacts.{name}": rule_set.tables[name] for name in TABLES})
    return rule_set.version


def _thresholds(document: dict[str, Any]) -> dict[str, Any]:
    typo, questions, strangers = document["typo_domain"], document["questions"], document["strangers"]
    return {
        **document["names"],
        **document["addresses"],
        "typo_edits": typo["edits"],
        "typo_edits_long": typo["edits_long"],
        "typo_long_from": typo["long_from"],
        "typo_label_letters": typo["label_letters"],
        **{f"{name}_question": pattern for name, pattern in questions.items()},
        **document["search"],
        **{name: value for name, value in strangers.items() if name != "scale"},
        "strangers_scale": strangers["scale"],
        **document["queue"],
    }


def _checked(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    if rule["decision"] not in DECISIONS:
        raise SettingsError(f"rules.toml: rules.{name}.decision is none of {', '.join(DECISIONS)}.")
    return rule


def _csv_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
