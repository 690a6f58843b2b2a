r"""The part of SOQL that reads rows by a list of values: `SELECT a, b FROM X [WHERE c IN ('..', '..') [AND d = ..]]`.

Values are compared without regard to case; a column or an object that is not there is refused, as is anything else.
"""

import re
from collections.abc import Callable
from typing import Any

from calendly_pipeline_tests.fakes.salesforce.records import Refused, Row, SObject, folded

QUERY = re.compile(r"SELECT\s+(?P<columns>[\w\s,]+?)\s+FROM\s+(?P<name>\w+)(?:\s+WHERE\s+(?P<where>.+))?", re.I | re.S)
TEXT = r"'(?:[^'\\]|\\.)*'"
CONDITION = re.compile(
    rf"(?P<column>\w+)\s*(?:IN\s*\((?P<values>\s*{TEXT}(?:\s*,\s*{TEXT})*\s*)\)|=\s*(?P<value>{TEXT}|true|false|null))"
    r"(?P<rest>\s+AND\s+|$)",
    re.I | re.S,
)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def run(soql: str, find: Callable[[str], SObject]) -> tuple[str, list[Row]]:
    """The object's name and the rows, each with the columns that were asked for; raises Refused."""
    parsed = QUERY.fullmatch(soql.strip())
    if parsed is None:
        raise Refused(400, "MALFORMED_QUERY", f"unexpected token: {soql[:40]}")
    found = find(parsed["name"])
    columns = [_column(found, name.strip()) for name in parsed["columns"].split(",")]
    wanted = _conditions(found, parsed["where"] or "")
    rows = [row for row in found.rows.values() if all(folded(row.get(name)) in values for name, values in wanted)]
    attributes = {"type": found.name}
    return found.name, [{"attributes": attributes, **{name: row.get(name) for name in columns}} for row in rows]


def _conditions(found: SObject, where: str) -> list[tuple[str, set[Any]]]:
    wanted: list[tuple[str, set[Any]]] = []
    place = 0
    while place < len(where):
        condition = CONDITION.match(where, place)
        if condition is None:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: {where[place : place + 40]}")
        texts = re.findall(TEXT, condition["values"]) if condition["values"] else [condition["value"]]
        wanted.append((_column(found, condition["column"]), {folded(_value(text)) for text in texts}))
        place = condition.end()
    return wanted


def _column(found: SObject, name: str) -> str:
    spec = found.named(name)
    if spec is None:
        raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on entity '{found.name}'.")
    return spec.name


def _value(text: str) -> Any:
    if text.startswith("'"):
        return re.sub(r"\\(.)", lambda said: ESCAPED.get(said[1], said[1]), text[1:-1])
    return {"true": True, "false": False, "null": None}[text.lower()]
