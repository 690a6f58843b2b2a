"""Erasures outlast a restore: who was erased since a backup is taken out of what comes back, before it is put in place.

Told by the state store that is replaced and by the newest backup of the same folder: hashes of addresses, by which
files and rows are searched, and the ledger's entries that were erased, which are found again by their number. What
neither knows any more (another store, a lost disk) comes back; `suppression` says how the hashes are made.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from calendly_pipeline.addresses import ERASED
from calendly_pipeline.home import Home
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.backup import STATE_ENTRY
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.erasure_landing import (
    erase_from_drop_folders,
    erase_from_landed_files,
    erase_from_pages,
)
from calendly_pipeline.recovery.erasure_state import Person, delivery_bodies, erase_from_state
from calendly_pipeline.state import State, suppressed_addresses, suppression_keys, sync_ledger
from calendly_pipeline.suppression import Suppression, decided_under, suppression

FACTS = ("payload", "answer", "label", "record_key")


@dataclass(frozen=True)
class Known:
    """What one state store says of erasures."""

    keys: Sequence[dict[str, Any]]
    erased: Sequence[dict[str, Any]]
    facts: Sequence[dict[str, Any]]
    """Entries of the ledger out of which somebody was taken."""


@dataclass
class ErasedAgain:
    """What was taken out of a backup when it came back."""

    moments: list[datetime] = field(default_factory=list)
    """When those people were erased."""
    counts: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    """Files that still name one of them and are no table."""
    is_incomplete: bool = False
    """Whom the store that is there erased cannot be told here, for want of its key or of the store itself."""

    def count(self, where: str, found: int) -> None:
        """Note a finding."""
        if found:
            self.counts[where] += found


def known_erasures(url: str | None, root: Path, chosen: str) -> list[Known | None]:
    """Of the store that is replaced and of the newest backup of the folder; None: it cannot be read."""
    urls = [] if url is None else [_read_only(url)]
    newest = manifest.names(root)[-1]
    if newest != chosen:
        entries = [entry for entry in manifest.chosen(root, newest).files if entry.path == STATE_ENTRY]
        urls += [_read_only(f"sqlite:///{Contents(root).path(entry.sha256)}") for entry in entries]
    found = [_known(one) for one in urls]
    return [one for one in found if one is None or one.erased]


def erase_again(staged: Home, state_file: Path, told: Sequence[Known | None]) -> ErasedAgain:
    """Take everybody whom `told` tells of, and who was not erased yet, out of what was staged."""
    known = [one for one in told if one is not None]
    report = ErasedAgain(is_incomplete=len(known) < len(told))
    if not known:
        return report
    state = State(f"sqlite:///{state_file}")
    try:
        state.upgrade()
        for one in known:
            report.moments += _carried(state, one, report)
        if report.moments:
            _erase(staged, state, known, report)
    finally:
        state.close()
    return report


def erase_files_again(staged: Home, url: str) -> ErasedAgain:
    """The same for a backup without a state store: the one that is there stays, and knows whom it erased."""
    report = ErasedAgain()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return report
    state = State(url)
    try:
        erased = suppression(state)
        if erased:
            _erase_files(staged, erased, delivery_bodies(state), report)
        if report.counts:
            report.moments = sorted({row["erased_at"] for row in state.rows(suppressed_addresses)})
    except SQLAlchemyError:  # a store without tables yet: it is restored after the files
        report.is_incomplete = True
    finally:
        state.close()
    return report


def _erase_files(staged: Home, erased: Suppression, bodies: Sequence[str], report: ErasedAgain) -> None:
    erase_from_pages(staged, erased.holds, bodies, report.count, is_applied=True)
    erase_from_landed_files(staged, erased.holds, report.count, is_applied=True)
    report.left += erase_from_drop_folders(staged, erased.holds, report.count, is_applied=True)


def _erase(staged: Home, state: State, known: Sequence[Known], report: ErasedAgain) -> None:
    erased = suppression(state)
    _erase_files(staged, erased, delivery_bodies(state), report)
    report.count("entries of the ledger", _facts(state, [fact for one in known for fact in one.facts]))
    who = Person(lambda address: erased.holds(address) or erased.holds(decided_under(address)))
    erase_from_state(state, who, report.count, is_applied=True)


def _carried(state: State, known: Known, report: ErasedAgain) -> list[datetime]:
    """Note what the store did not know; returns when those were erased."""
    with state.transaction() as connection:
        mine = state.rows(suppression_keys)
        if not mine:
            connection.execute(suppression_keys.insert(), list(known.keys))
        elif [row["secret"] for row in mine] != [row["secret"] for row in known.keys]:
            report.is_incomplete = True
            return []
        held = set(connection.execute(sa.select(suppressed_addresses.c.address_hmac)).scalars())
        new = [row for row in known.erased if row["address_hmac"] not in held]
        if new:
            connection.execute(suppressed_addresses.insert(), new)
        return sorted({row["erased_at"] for row in new})


def _facts(state: State, facts: Iterable[dict[str, Any]]) -> int:
    """What the other store's entries lost, the same entries lose here."""
    there = {(row["entry_id"], row["destination"], row["attempted_at"]): row for row in facts}
    changed = 0
    with state.transaction() as connection:
        for row in connection.execute(sa.select(sync_ledger)).mappings().all():
            fact = there.get((row["entry_id"], row["destination"], row["attempted_at"]))
            if fact is not None and any(row[name] != fact[name] for name in FACTS):
                kept = {name: fact[name] for name in FACTS}
                connection.execute(sync_ledger.update().where(sync_ledger.c.entry_id == row["entry_id"]).values(kept))
                changed += 1
    return changed


def _known(url: str) -> Known | None:
    """Nothing of a store from before erasures; None when it cannot be read."""
    engine = sa.create_engine(url, hide_parameters=True)
    texts = (sync_ledger.c.label, sync_ledger.c.answer, sa.cast(sync_ledger.c.payload, sa.Text))
    told = sa.select(sync_ledger).where(sa.or_(*(text.contains(ERASED, autoescape=True) for text in texts)))
    queries = (sa.select(suppression_keys), sa.select(suppressed_addresses), told)
    try:
        with engine.connect() as store:
            if not sa.inspect(store).has_table(suppressed_addresses.name):
                return Known((), (), ())
            keys, erased, facts = ([dict(row) for row in store.execute(query).mappings()] for query in queries)
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()
    return Known(keys, erased, facts)


def _read_only(url: str) -> str:
    """Looking must neither make nor change a file."""
    path = url.removeprefix("sqlite:///")
    return url if path == url else f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true"
