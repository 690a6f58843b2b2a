"""A person out of the state store.

Decisions about the person and deliveries about nobody else go. Entries of the ledger stay as facts (what was sent to
which record, and how it ended) without what was sent, to whom and what it said. What a pull noted stays: ids and
hashes, so that the vendor is not asked for the same again.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import sqlalchemy as sa

from calendly_pipeline.addresses import ERASED, Holds, among, fold, mentions, without, without_names
from calendly_pipeline.sources.deliveries import forgotten_body
from calendly_pipeline.state import (
    State,
    decisions,
    metadata,
    oauth_tokens,
    suppressed_addresses,
    suppressed_input,
    suppression_keys,
    sync_ledger,
    webhook_deliveries,
)
from calendly_pipeline.warehouse import prepare

Count = Callable[[str, int], None]
APART = (
    decisions,
    webhook_deliveries,
    oauth_tokens,
    suppressed_addresses,
    suppressed_input,
    suppression_keys,
    sync_ledger,
)


@dataclass(frozen=True)
class Person:
    """By what the state store knows who is to be forgotten."""

    holds: Holds
    contact_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Full names only: a first name alone is a word that others have too."""
    marks: frozenset[str] = frozenset()
    """What stands for the addresses in keys of records: their MD5, which whoever guesses an address can test."""
    others: Holds = lambda _: False
    """Further addresses of the same contacts, which were not named: what was sent of them stays."""


def person(
    addresses: Collection[str], contact_ids: Iterable[str], names: Iterable[str], others: Collection[str]
) -> Person:
    """Who is known by these addresses; decisions are kept under the address as its provider reads it."""
    marks = frozenset(hashlib.md5(one.encode(), usedforsecurity=False).hexdigest() for one in addresses)
    full_names = frozenset(name.strip() for name in names if " " in name.strip())
    return Person(among([*addresses, *canonical(addresses)]), frozenset(contact_ids), full_names, marks, among(others))


def erase_from_state(state: State, who: Person, count: Count, *, is_applied: bool) -> None:
    """All of it in one transaction; what a database keeps of deleted rows is overwritten."""
    with state.engine.connect() as connection, connection.begin() as transaction:
        count("decisions", _decisions(connection, who.holds))
        count("webhook deliveries", _deliveries(connection, who.holds))
        count("entries of the ledger", _ledger(connection, who))
        for table in metadata.sorted_tables:
            if table not in APART:
                count(f"rows of {table.name}", _texts(connection, table, who.holds))
        if not is_applied:
            transaction.rollback()
    if is_applied:
        _overwrite_free_pages(state)


def delivery_bodies(state: State) -> list[str]:
    """What webhooks said."""
    with state.engine.connect() as connection:
        return list(connection.execute(sa.select(webhook_deliveries.c.body)).scalars())


def sent_records(state: State, who: Person) -> list[tuple[str, str]]:
    """Destination and record of everything that was ever sent about the person."""
    with state.engine.connect() as connection:
        rows = connection.execute(sa.select(sync_ledger)).mappings()
        return sorted({(row["destination"], row["record_key"]) for row in rows if _is_about(row, _said(row), who)})


def _decisions(connection: sa.Connection, holds: Holds) -> int:
    rows = connection.execute(sa.select(decisions)).mappings().all()
    gone = {row["decision_id"] for row in rows if _is_decided_about(row, holds)}
    while more := {row["decision_id"] for row in rows if row["undoes"] in gone} - gone:
        gone |= more
    if gone:
        connection.execute(decisions.delete().where(decisions.c.decision_id.in_(gone)))
    return len(gone)


def _is_decided_about(row: sa.RowMapping, holds: Holds) -> bool:
    said = (row["canonical_address"], row["reason"], json.dumps(row["evidence"], ensure_ascii=False))
    return holds(fold(row["canonical_address"])) or any(mentions(text, holds) for text in said)


def _deliveries(connection: sa.Connection, holds: Holds) -> int:
    columns, changed = webhook_deliveries.c, 0
    for row in connection.execute(sa.select(columns.delivery_id, columns.platform, columns.body)).all():
        left = forgotten_body(row.platform, row.body, holds)
        if left == row.body:
            continue
        changed += 1
        mine = columns.delivery_id == row.delivery_id
        if left is None:
            connection.execute(webhook_deliveries.delete().where(mine))
        else:
            connection.execute(webhook_deliveries.update().where(mine).values(body=left))
    return changed


def _ledger(connection: sa.Connection, who: Person) -> int:
    changed = 0
    for row in connection.execute(sa.select(sync_ledger)).mappings().all():
        kept = _left_of_entry(row, who)
        if any(row[name] != value for name, value in kept.items()):
            changed += 1
            connection.execute(sync_ledger.update().where(sync_ledger.c.entry_id == row["entry_id"]).values(**kept))
    return changed


def _left_of_entry(row: sa.RowMapping, who: Person) -> dict[str, Any]:
    said = _said(row)
    if _is_about(row, said, who):
        return _fact(row, who)
    return {} if any(mentions(text, who.others) for text in said) else _unnamed(row, who)


def _said(row: Any) -> tuple[str, ...]:
    return (row["record_key"], row["label"], row["answer"], json.dumps(row["payload"], ensure_ascii=False))


def _fact(row: sa.RowMapping, who: Person) -> dict[str, Any]:
    """That something was sent and how it ended."""
    key = without(row["record_key"], who.holds)
    for mark in who.marks:
        key = key.replace(mark, ERASED)
    return {"payload": {}, "answer": "", "label": ERASED, "record_key": key}


def _unnamed(row: sa.RowMapping, who: Person) -> dict[str, Any]:
    """What was sent of somebody else, whose meeting may be titled with the person's name."""
    return {name: _nameless(row[name], who.names) for name in ("payload", "label", "answer")}


def _nameless(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, str):
        return without_names(value, names)
    if isinstance(value, list):
        return [_nameless(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _nameless(item, names) for key, item in value.items()}
    return value


def _is_about(row: Any, said: Sequence[str], who: Person) -> bool:
    return (
        row["record_key"] in who.contact_ids
        or any(mark in row["record_key"] for mark in who.marks)
        or any(mentions(text, who.holds) for text in said)
        or (row["contact_id"] in who.contact_ids and not any(mentions(text, who.others) for text in said))
    )


def _texts(connection: sa.Connection, table: sa.Table, holds: Holds) -> int:
    """Any other table: a row whose key names the person goes, other texts lose the address."""
    keys = [column.name for column in table.primary_key.columns]
    changed = 0
    for row in connection.execute(sa.select(table)).mappings().all():
        left = {name: _left(value, holds) for name, value in row.items()}
        if left == dict(row):
            continue
        changed += 1
        mine = [table.c[name] == row[name] for name in keys]
        if any(left[name] != row[name] for name in keys):
            connection.execute(table.delete().where(*mine))
        else:
            connection.execute(table.update().where(*mine).values(**left))
    return changed


def _left(value: Any, holds: Holds) -> Any:
    if isinstance(value, str):
        return without(value, holds)
    if isinstance(value, (dict, list)):
        return json.loads(without(json.dumps(value, ensure_ascii=False), holds))
    return value


def _overwrite_free_pages(state: State) -> None:
    if state.engine.dialect.name != "sqlite":
        return  # PostgreSQL's own vacuum does it in time
    with state.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum")
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")


def canonical(addresses: Collection[str]) -> set[str]:
    """The addresses as decisions are kept under: as their provider reads them."""
    with duckdb.connect() as connection:
        prepare(connection)
        query = "select plain_address($a), canonical_address(plain_address($a), false)"
        return {found for a in addresses for found in connection.execute(query, {"a": a}).fetchall()[0] if found}
