"""Attendees who do not book under the address on their card, and what a matcher must make of each.

All use the one-off event type or an address of their own, so that no trap looks like the move of another booking.
"""

from datetime import date, timedelta

from calendly_pipeline.sample.booking import Scheduler
from calendly_pipeline.sample.days import is_office_day, local
from calendly_pipeline.sample.people import identity, stranger
from calendly_pipeline.sample.staff import HOSTS, INTERNAL_DOMAIN, ONE_OFF
from calendly_pipeline.sample.world import Contact, ContactBook, Decision, Identity, Platform


def set_traps(scheduler: Scheduler, book: ContactBook) -> None:
    """One meeting per trap, some weeks apart, and guests brought along by clients."""
    day = date(2025, 1, 15)
    for number, person in enumerate(_everybody(book)):
        day = _next_office_day(day + timedelta(days=24))
        platform: Platform = "calcom" if day >= date(2026, 3, 15) else "calendly"
        booked_at = local(day - timedelta(days=9), 20, 11)
        scheduler.book(platform, ONE_OFF, HOSTS[number % 3], local(day, 17), booked_at, person)
    _bring_guests(scheduler, book)


def _everybody(book: ContactBook) -> list[Identity]:
    singles, couples = book.singles, book.couples
    return [*_other_spellings(singles), *_other_people(book), *_households(couples), *_unknown(singles)]


def _other_spellings(singles: tuple[Contact, ...]) -> list[Identity]:
    """The right person under another writing of the address."""
    tagged, dotted, renamed, typo, typo_unsure, contradicted = singles[18:24]
    canonical: tuple[Decision, str, str] = ("auto", "T2", "email_canonical")
    return [
        _as(tagged, tagged.addresses[0].replace("@", "+advisory@"), *canonical, "plus tag"),
        _as(dotted, dotted.addresses[0].replace(".", "", 1), *canonical, "gmail dots"),
        _as(renamed, renamed.addresses[0].replace("@gmail.com", "@googlemail.com"), *canonical, "googlemail"),
        _as(typo, _gmial(typo), "auto", "T3", "email_typo_domain_name", "typo domain"),
        _as(typo_unsure, _gmial(typo_unsure), "review", "R1", "typo_domain_name_missing", "typo domain, first name",
            name=typo_unsure.first_name),
        Identity("Barnaby Cloudesley", contradicted.addresses[0].replace("@", "+office@"), None, "review", "R1",
                 "canonical_name_contradicts", "canonical, other name", (contradicted.contact_id,)),
        _as(tagged, tagged.addresses[0].upper(), "auto", "T1", "email_exact", "capital letters"),
    ]  # fmt: skip


def _other_people(book: ContactBook) -> list[Identity]:
    """Another person under an address that the CRM knows."""
    parent, busy = book.singles[24:26]
    company = book.companies[0]
    return [
        Identity(f"Peregrine {parent.last_name}", parent.addresses[0], None, "review", "R1", "surname_only", "child",
                 (parent.contact_id,)),
        Identity("Cosima Hartshorn", busy.addresses[0], busy.contact_id, "auto", "T1", "email_exact",
                 "assistant", (busy.contact_id,)),
        Identity("Alaric Pennywhistle", company.addresses[0], None, "review", "R1", "role_address_other_name",
                 "role address", (company.contact_id,)),
    ]  # fmt: skip


def _households(couples: tuple[tuple[Contact, Contact], ...]) -> list[Identity]:
    """Spouses, by one address or by the other's."""
    both = tuple(one.contact_id for one in couples[0])
    shared = couples[0][0]
    ids = [tuple(one.contact_id for one in couple) for couple in couples]
    return [
        Identity("The family", shared.addresses[0], None, "review", "R1", "shared_address_undecided",
                 "shared address, no name", both),
        _as(couples[2][1], couples[2][1].addresses[0], "auto", "T1", "shared_address_name",
            "shared address, first name", name=couples[2][1].first_name),
        _as(couples[6][1], couples[6][0].addresses[0], "review", "R1", "other_spouse", "spouse's address",
            candidates=ids[6]),
        _as(couples[3][1], couples[3][0].addresses[0], "review", "R1", "other_contact", "partner's address",
            candidates=ids[3]),
    ]  # fmt: skip


def _unknown(singles: tuple[Contact, ...]) -> list[Identity]:
    """People whom no address leads to a contact; the first is a client all the same, and the name says so."""
    client = singles[22]
    return [
        Identity(client.name, "quiet.harbour.7@example.net", client.contact_id, "review", "R2", "full_name_rare",
                 "client, address unknown", (client.contact_id,)),
        Identity("Priya L.", f"priya+test@{INTERNAL_DOMAIN}", None, "internal", "T0", "internal", "staff"),
        _as(singles[23], singles[23].addresses[0].replace("@", "+cal@"), "auto", "T2", "email_canonical",
            "name in brackets", name=f"{singles[23].first_name} (Pip) {singles[23].last_name}"),
        stranger("Ottoline Gorse", "ottoline.gorse@example.net"),
    ]  # fmt: skip


def _bring_guests(scheduler: Scheduler, book: ContactBook) -> None:
    """Clients name guests: a spouse, somebody by a tagged address, an accountant, a colleague of the adviser."""
    client, spouse = book.couples[6]
    by_address = (client.contact_id,), (spouse.contact_id,)
    guests = (
        (Identity("", spouse.addresses[0], spouse.contact_id, "auto", "T1", "email_exact", "guest", by_address[1]),),
        (stranger("", "accounts@ledger-and-lamp.example", "guest"),
         Identity("", spouse.addresses[0].replace("@", "+home@"), spouse.contact_id, "auto", "T2",
                  "email_canonical", "guest", by_address[1])),
        (Identity("", f"tomasz@{INTERNAL_DOMAIN}", None, "internal", "T0", "internal", "guest"),),
    )  # fmt: skip
    for number, brought in enumerate(guests):
        day = _next_office_day(date(2025, 4, 10) + timedelta(days=90 * number))
        booked_at = local(day - timedelta(days=6), 13, 31)
        scheduler.book("calendly", ONE_OFF, HOSTS[0], local(day, 18), booked_at, identity(client),
                       guests=brought, scheduled_by=HOSTS[0].name)  # fmt: skip


def _as(
    contact: Contact, address: str, decision: Decision, tier: str, rule: str, case: str, *, name: str = "",
    candidates: tuple[str, ...] = (),
) -> Identity:  # fmt: skip
    return Identity(
        name or contact.name, address, contact.contact_id, decision, tier, rule, case,
        candidates or (contact.contact_id,), contact.zone,
    )  # fmt: skip


def _gmial(contact: Contact) -> str:
    return contact.addresses[0].replace("@gmail.com", "@gmial.com")


def _next_office_day(day: date) -> date:
    while not is_office_day(day) or (day.year, day.month) == (2025, 9):
        day += timedelta(days=1)
    return day
