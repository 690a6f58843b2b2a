"""The firm's contacts: singles, couples, companies and namesakes in the CRM, others in the address book only."""

from collections.abc import Sequence
from typing import Any

from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.names import PROVIDERS, draw_names, local_part
from calendly_pipeline.sample.staff import HOSTS
from calendly_pipeline.sample.world import EASTERN, Contact, ContactBook, Identity, Person

SHARED_COUPLES = 3
"""So many couples have one address on both records; the next two have different surnames."""

# Of the singles: 0-17 take part in the change of tool; the next eight have stories of their own.
GMAIL_SINGLES = range(19, 24)
_TITLES = ("Retired", "Teacher", "Owner", "Engineer", "Physician", "Architect", "")
_ZONES = (
    (EASTERN, 78.0), ("Central Time - US & Canada", 7.0), ("Pacific Time - US & Canada", 6.0),
    ("Mountain Time - US & Canada", 3.0), ("Arizona, Yukon Time", 3.0), ("India Standard Time", 1.5),
    ("Central European Time", 1.5),
)  # fmt: skip
Names = list[tuple[str, str]]


def build_book(seed: int, count: int) -> ContactBook:
    """A CRM of so many records, an address book of ten more people, and the names of prospects."""
    dice = Dice(seed, "people")
    couple_count, company_count = max(6, count // 6), max(2, count // 15)
    single_count = count - 2 * couple_count - company_count
    prospect_count = max(12, count // 4)
    names = draw_names(dice, single_count + 2 * couple_count + company_count + prospect_count + 10)
    companies = tuple(_company(dice, names.pop(), number) for number in range(company_count))
    couples = tuple(_couple(dice, names, number) for number in range(couple_count))
    singles = _singles(dice, names, single_count, companies)
    strangers = tuple(_stranger(dice, names.pop()) for _ in range(10))
    contacts = dice.shuffled([*companies, *(one for pair in couples for one in pair), *singles])
    return ContactBook(
        tuple(contacts), singles, couples, companies, strangers + _known_people(singles, couples), tuple(names)
    )


def identity(contact: Contact, address: str = "", case: str = "crm") -> Identity:
    """A contact who books under a name and an address of the CRM's record."""
    rule = "shared_address_name" if contact.shares_address else "email_exact"
    return Identity(
        contact.name, address or contact.addresses[0], contact.contact_id, "auto", "T1", rule, case,
        (contact.contact_id,), contact.zone,
    )  # fmt: skip


def stranger(name: str, address: str, case: str = "unknown") -> Identity:
    """Somebody whom no address leads to a contact."""
    return Identity(name, address, None, "unmatched", "", "none", case)


def extra_address(contact: Contact) -> str:
    """The address of a client that only the address book holds."""
    return f"{contact.first_name[0]}.{contact.last_name}.home@example.net".lower()


def address_book_clients(singles: Sequence[Contact], couples: Sequence[tuple[Contact, Contact]]) -> list[Contact]:
    """Clients with a further address in the address book; their rows there also hold one the CRM knows."""
    return [*singles[24:26], couples[5][0]]


def _phone(dice: Dice) -> str:
    return f"({dice.pick(('212', '413', '617', '860', '914'))}) 555-01{dice.between(0, 99):02d}"


def _contact(dice: Dice, name: tuple[str, str], addresses: tuple[str, ...], **more: Any) -> Contact:
    phones = tuple(_phone(dice) for _ in range(dice.weighted(((1, 6.0), (2, 2.0), (0, 2.0)))))
    return Contact(
        contact_id=dice.digits(31), first_name=name[0], last_name=name[1], addresses=addresses, phones=phones,
        assigned_to=dice.pick(HOSTS).name, zone=dice.weighted(_ZONES), **more,
    )  # fmt: skip


def _company(dice: Dice, name: tuple[str, str], number: int) -> Contact:
    company = f"{name[1]} {dice.pick(('Mills', 'Orchards', 'Printing', 'Joinery', 'Nurseries'))}"
    domain = company.lower().replace(" ", "-") + ".example"
    return Contact(
        dice.digits(31), "", "", (f"info@{domain}",), company, is_company=True, phones=(_phone(dice),),
        assigned_to=HOSTS[number % len(HOSTS)].name,
    )  # fmt: skip


def _couple(dice: Dice, names: Names, number: int) -> tuple[Contact, Contact]:
    (first, surname), (second, other) = names.pop(), names.pop()
    second_surname = other if SHARED_COUPLES <= number < SHARED_COUPLES + 2 else surname
    household = f"HH-{number + 1:04d}"
    if number < SHARED_COUPLES:
        shared = f"the.{surname}s@example.com".lower()
        one, two = (shared,), (shared,)
    else:
        one = (f"{local_part(first, surname)}@example.com",)
        two = (f"{local_part(second, second_surname)}@example.org",)
    return (
        _contact(dice, (first, surname), one, household=household, shares_address=one == two),
        _contact(dice, (second, second_surname), two, household=household, shares_address=one == two),
    )


def _singles(dice: Dice, names: Names, count: int, companies: tuple[Contact, ...]) -> tuple[Contact, ...]:
    singles = [_single(dice, names.pop(), number, companies) for number in range(count)]
    # Two people of one name, told apart by their addresses alone.
    twin = singles[-1]
    singles[-2] = _contact(
        dice, (twin.first_name, twin.last_name), (f"{local_part(twin.first_name, twin.last_name)}.elder@example.org",)
    )
    return tuple(singles)


def _single(dice: Dice, name: tuple[str, str], number: int, companies: tuple[Contact, ...]) -> Contact:
    local = local_part(*name)
    if number in GMAIL_SINGLES:
        return _contact(dice, name, (f"{local}.sample@gmail.com",))
    addresses = [f"{local}@{PROVIDERS[number % 2]}"]
    company = companies[number % len(companies)] if number % 6 == 5 else None
    if company:
        addresses.insert(0, f"{local}@{company.addresses[0].partition('@')[2]}")
    if number % 3 == 0:
        addresses.append(f"{name[0]}@{name[1]}.example".lower())
    if number % 9 == 0:
        addresses.append(f"{name[0][0]}{name[1]}.old@example.net".lower())
    return _contact(
        dice, name, tuple(addresses), company=company.company if company else "", job_title=dice.pick(_TITLES)
    )


def _stranger(dice: Dice, name: tuple[str, str]) -> Person:
    return Person(name[0], name[1], (f"{local_part(*name)}@example.net",), _phone(dice))


def _known_people(singles: Sequence[Contact], couples: Sequence[tuple[Contact, Contact]]) -> tuple[Person, ...]:
    clients = address_book_clients(singles, couples)
    return tuple(Person(c.first_name, c.last_name, (c.addresses[0], extra_address(c)), *c.phones[:1]) for c in clients)
