"""The firm's two contact files: the CRM's, with what was once written on the cards, and an address book."""

# ruff: noqa: SIM905 - a list of words is easier to read as text

from collections.abc import Iterator

from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.staff import HOSTS
from calendly_pipeline.sample.text_files import csv_text
from calendly_pipeline.sample.world import Contact, Firm, Person

LACRM_IDENTITY = (
    "Contact Id,Is Company,First Name,Last Name,Company Name,Job Title,Assigned To,Email,Email 2,Email 3,Phone,Phone 2,"
    "Household"
).split(",")
LACRM_FIELDS = (
    "First meeting,Last meeting,Next meeting,Meetings this quarter,Meetings last 12 months,Last portfolio review,"
    "Next portfolio review,Review due,Review status,No-shows (12 months),Cancellations (12 months),"
    "Reschedules (12 months),Reschedule escalation,Last meeting type,Last adviser,Meeting data through"
).split(",")
GOOGLE_COLUMNS = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value"
).split(",")


def lacrm_text(firm: Firm) -> str:
    """Every record of the CRM; about a third of the cards were filled in by hand in the summer of 2025."""
    dice = Dice(firm.seed, "cards")
    rows = ([*_identity(contact), *_old_card(dice, contact)] for contact in firm.book.contacts)
    return csv_text([[*LACRM_IDENTITY, *LACRM_FIELDS], *rows])


def google_text(firm: Firm) -> str:
    """The address book: the first row with several addresses has them in one cell, the others in two."""
    known = [person for person in firm.book.address_book if len(person.addresses) > 1]
    people = sorted(firm.book.address_book, key=lambda person: (person.last_name, person.first_name))
    return csv_text([GOOGLE_COLUMNS, *(_google_row(person, person is known[0]) for person in people)])


def _identity(contact: Contact) -> list[str]:
    addresses = [*contact.addresses, "", "", ""][:3]
    phones = [*contact.phones, "", ""][:2]
    return [
        contact.contact_id, "true" if contact.is_company else "false", contact.first_name, contact.last_name,
        contact.company, contact.job_title, contact.assigned_to, *addresses, *phones, contact.household,
    ]  # fmt: skip


def _old_card(dice: Dice, contact: Contact) -> Iterator[str]:
    """Values as somebody typed them a year ago, or blanks."""
    month, day = dice.between(2, 6), dice.between(1, 28)
    counts = [str(dice.between(0, 3)) for _ in range(3)]
    adviser, meetings = dice.pick(HOSTS).name, dice.between(1, 6)
    if contact.is_company or not dice.chance(0.35):
        return iter([""] * len(LACRM_FIELDS))
    last = f"2025-{month:02d}-{day:02d}"
    return iter([
        f"2024-{month:02d}-{day:02d}", last, "", "1", str(meetings), last, "", f"2026-{month:02d}-{day:02d}",
        "current", counts[0], counts[1], counts[2], "No", "portfolio_review", adviser, "2025-06-30",
    ])  # fmt: skip


def _google_row(person: Person, is_joined: bool) -> list[str]:
    cells = dict.fromkeys(GOOGLE_COLUMNS, "") | {
        "First Name": person.first_name, "Last Name": person.last_name, "Organization Name": person.company,
        "Labels": "* myContacts", "E-mail 1 - Label": "* Home", "E-mail 1 - Value": person.addresses[0],
    }  # fmt: skip
    if is_joined:
        cells["E-mail 1 - Value"] = " ::: ".join(person.addresses)
    elif len(person.addresses) > 1:
        cells |= {"E-mail 2 - Label": "Other", "E-mail 2 - Value": person.addresses[1]}
    if person.phone:
        cells |= {"Phone 1 - Label": "Mobile", "Phone 1 - Value": person.phone}
    return [cells[column] for column in GOOGLE_COLUMNS]
