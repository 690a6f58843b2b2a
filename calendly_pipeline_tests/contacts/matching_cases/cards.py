"""The CRM of a generated firm."""

# ruff: noqa: SIM905 - a list of words is easier to read as text

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count

from calendly_pipeline_tests.contacts.matching_cases.names import Names

PROVIDERS = (
    ["gmail.com"] * 45 + ["yahoo.com"] * 18 + ["outlook.com"] * 9 + ["hotmail.com"] * 9 + ["icloud.com"] * 8
    + ["aol.com"] * 5 + ["comcast.net"] * 4 + ["att.net"] * 2
)  # fmt: skip
WORDS = "sun lake oak fox moon star book golf blue red sky tea cat ski art bee jazz surf rose wolf pine river".split()
TRADES = ["Mills", "Dental", "Partners", "Logistics", "Studio", "Foods", "Law", "Systems"]
ENDINGS = ["", " Inc.", " LLC", ", Inc", " Group"]


@dataclass
class Company:
    """An employer of several contacts and strangers."""

    name: str
    domain: str


@dataclass
class Card:
    """One card; `people` holds the ids of all cards of the same person."""

    contact_id: str
    first: str
    last: str
    addresses: list[str]
    phone: str | None
    company: Company | None
    people: set[str] = field(default_factory=set)
    spouse: "Card | None" = None
    is_company: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


@dataclass
class Book:
    """Everybody the firm knows, and the ways to make somebody up."""

    dice: random.Random
    names: Names
    cards: list[Card]
    companies: list[Company]
    taken: set[str]

    @cached_property
    def known_names(self) -> set[tuple[str, str]]:
        """First and last names of everybody on a card; ask when the book is complete."""
        return {(card.first, card.last) for card in self.cards}

    def local_part(self, first: str, last: str) -> str:
        """How people call themselves: by name, with digits, or by a fancy."""
        first, last, dice = first.lower(), last.lower(), self.dice
        number = str(dice.choice([dice.randint(1, 99), dice.randint(1940, 2005)]))
        kind = dice.random()
        if kind < 0.26:
            return f"{first}.{last}"
        if kind < 0.40:
            return f"{first}{last}"
        if kind < 0.54:
            return f"{first[0]}{last}"
        if kind < 0.72:
            return f"{first}{dice.choice(['', '.', '_'])}{last}{number}"
        if kind < 0.82:
            return f"{first[0]}{last}{number}"
        if kind < 0.90:
            return f"{last}{dice.choice(['.', ''])}{first}"
        return f"{dice.choice(WORDS)}{dice.choice(WORDS)}{number}"

    def free_address(self, first: str, last: str) -> str:
        """An address at a provider that nobody has."""
        return self.claimed(lambda: f"{self.local_part(first, last)}@{self.dice.choice(PROVIDERS)}")

    def work_address(self, first: str, last: str, company: Company) -> str:
        """An address at a company that nobody has."""
        forms = [f"{first}.{last}", f"{first[0]}{last}", first, f"{first}{last[0]}"]
        local = self.dice.choices(forms, [5, 4, 2, 1])[0].lower()
        endings = chain([""], count(2))
        return self.claimed(lambda: f"{local}{next(endings)}@{company.domain}")

    def claimed(self, make: Callable[[], str]) -> str:
        """The first address made that nobody has."""
        address = make()
        while self.is_taken(address):
            address = make()
        self.taken.add(_mailbox(address))
        return address

    def is_taken(self, address: str) -> bool:
        """Whether somebody has this mailbox."""
        return _mailbox(address) in self.taken

    def phone(self) -> str:
        """A number in E.164."""
        return f"+1{self.dice.choice([212, 413, 617, 860, 914])}{self.dice.randint(2_000_000, 9_999_999)}"


def _mailbox(address: str) -> str:
    """Gmail delivers an address with and without dots to the same person."""
    local, _, domain = address.partition("@")
    return f"{local.replace('.', '')}@{domain}" if domain == "gmail.com" else address


def make_book(dice: random.Random, people: int) -> Book:
    """A CRM of about so many people; a quarter are couples, one in a hundred has two cards."""
    names = Names(dice)
    book = Book(dice, names, [], [_company(dice, names, number) for number in range(max(3, people // 6))], set())
    while len(book.cards) < people:
        one = _person(book, names.first(), names.last())
        if dice.random() < 0.15:
            _marry(book, one)
        elif dice.random() < 0.01:
            _double(book, one)
    for company in book.companies[::12]:
        book.cards.append(
            Card(f"c{len(book.cards)}", "", "", [f"info@{company.domain}"], None, company, is_company=True)
        )
        book.taken.add(f"info@{company.domain}")
    return book


def _company(dice: random.Random, names: Names, number: int) -> Company:
    stem, trade = names.last(), dice.choice(TRADES)
    return Company(f"{stem} {trade}{dice.choice(ENDINGS)}", f"{stem}{trade}{number if number > 9 else ''}.com".lower())


def _some_company(book: Book) -> Company:
    """Few employers have many, most have one or two."""
    return book.companies[int(len(book.companies) * book.dice.random() ** 2.2)]


def _person(book: Book, first: str, last: str) -> Card:
    dice = book.dice
    company = _some_company(book) if dice.random() < 0.5 else None
    addresses = []
    if company and dice.random() < 0.7:
        addresses.append(book.work_address(first, last, company))
    if not addresses or dice.random() < 0.35:
        addresses.append(book.free_address(first, last))
    phone = book.phone() if dice.random() < 0.6 else None
    card = Card(f"p{len(book.cards)}", first, last, addresses, phone, company)
    card.people = {card.contact_id}
    book.cards.append(card)
    return card


def _marry(book: Book, one: Card) -> None:
    """A spouse, mostly of the same surname; one couple in six has one address, one in three one number."""
    first = book.names.first()
    while first == one.first:
        first = book.names.first()
    other = _person(book, first, one.last if book.dice.random() < 0.8 else book.names.last())
    one.spouse, other.spouse = other, one
    if book.dice.random() < 0.16:
        shared = book.free_address("the", one.last)
        one.addresses, other.addresses = [shared], [shared]
    if book.dice.random() < 0.33:
        other.phone = one.phone


def _double(book: Book, one: Card) -> None:
    two = _person(book, one.first, one.last)
    two.addresses[0] = one.addresses[0]
    two.people = one.people = {one.contact_id, two.contact_id}
