"""Forget a person: everything of an address below a home, and what nobody here can delete.

Order matters. The suppression comes first, so that nothing comes in behind the sweep; whatever later steps need to
find the person by is taken out last. Stopped anywhere, the same command finishes.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from calendly_pipeline.addresses import Holds, among, fold
from calendly_pipeline.failures import InputError
from calendly_pipeline.home import Home
from calendly_pipeline.recovery.backup import maintenance
from calendly_pipeline.recovery.erasure_backups import erase_from_backups
from calendly_pipeline.recovery.erasure_landing import (
    delete_leftovers,
    erase_from_drop_folders,
    erase_from_landed_files,
    erase_from_pages,
)
from calendly_pipeline.recovery.erasure_state import Person, canonical, delivery_bodies, erase_from_state, person
from calendly_pipeline.recovery.erasure_traces import (
    contacts_of,
    delete_derived,
    erase_from_history,
    knows_whom,
    names_of,
    still_named,
)
from calendly_pipeline.recovery.held_elsewhere import held_elsewhere
from calendly_pipeline.recovery.restore import require_idle
from calendly_pipeline.state import State
from calendly_pipeline.suppression import decided_under, suppress

UNBUILT = (
    "Not all tables are built: which contacts and names belong to the addresses is not wholly known, and what stands "
    "only under them is not looked for. `calendly-pipeline run` builds them."
)


@dataclass
class ErasureReport:
    """What was found of a person, and taken out when it was asked for."""

    counts: Counter[str] = field(default_factory=Counter)
    """Where -> rows, records or files."""
    other_addresses: list[str] = field(default_factory=list)
    """Further addresses of the same contacts: they stay until they are named."""
    vendors: list[str] = field(default_factory=list)
    """What others still hold."""
    notes: list[str] = field(default_factory=list)
    """What could not be known."""
    left: list[str] = field(default_factory=list)
    """Files that still name the person and must be looked at by one."""

    def count(self, where: str, found: int) -> None:
        """Note a finding."""
        if found:
            self.counts[where] += found


def erase(
    home: Home, addresses: Sequence[str], state: State, now: datetime, *, is_applied: bool, backups: Sequence[Path] = ()
) -> ErasureReport:
    """Take the addresses out of everything below the home and out of the backups named; `is_applied` False: only look.

    Raises InputError when one is no address; PullBusy or WarehouseBusy while a run works on the home; WarehouseDamaged.
    """
    folded = [_address(text) for text in addresses]
    report = ErasureReport()
    holds = among(folded)
    with ExitStack() as stack:
        stack.enter_context(maintenance(home))
        require_idle(home, stack)
        contacts = contacts_of(home, folded)
        if not knows_whom(home):
            report.notes.append(UNBUILT)
        report.other_addresses = sorted({other for all_of in contacts.values() for other in all_of} - set(folded))
        names = names_of(home, folded, list(contacts))
        who = person(folded, contacts, names, report.other_addresses)
        report.vendors = held_elsewhere(home, state, who)
        if is_applied:
            suppress(state, [*folded, *map(decided_under, canonical(folded) - set(folded))], now)
        _erase_here(home, state, holds, who, report, is_applied)
        for root in backups:
            told = erase_from_backups(root, state, who, report.count, is_applied=is_applied)
            report.left += [f"{root}: {text}" for text in told]
        if is_applied:
            delete_leftovers(home)
    if is_applied:
        delete_derived(home)
        report.left += still_named(home, holds)
    return report


def _erase_here(home: Home, state: State, holds: Holds, who: Person, report: ErasureReport, is_applied: bool) -> None:
    count = report.count
    bodies = delivery_bodies(state)
    erase_from_pages(home, holds, bodies, count, is_applied=is_applied)
    erase_from_landed_files(home, holds, count, is_applied=is_applied)
    left = erase_from_drop_folders(home, holds, count, is_applied=is_applied)
    if not is_applied:
        report.left += left
    erase_from_state(state, who, count, is_applied=is_applied)
    erase_from_history(home, holds, count, is_applied=is_applied)


def _address(text: str) -> str:
    address = fold(text)
    local, at, domain = address.partition("@")
    if not (local and at and "." in domain):
        raise InputError(f"{text!r} is no address.", "Write it whole, such as ada@client.example.")
    return address
