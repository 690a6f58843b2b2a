"""Bookings of a generated firm, each with the case it stands for and who it truly is.

Shares are per 1,000 invitees. Of the clients who do not book under an address of their card, few write the same mailbox
another way; most use another address altogether.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from calendly_pipeline_tests.contacts.matching_cases.cards import PROVIDERS, WORDS, Book, Card

SLIPS = {"gmail.com": ["gmial.com", "gmai.com", "gmail.co"], "yahoo.com": ["yaho.com"], "hotmail.com": ["hotmial.com"]}


@dataclass(frozen=True)
class Booking:
    """What was typed, and the truth: the cards that would be right (none: nobody's)."""

    case: str
    truth: frozenset[str]
    name: str | None
    address: str
    phone: str | None = None
    company: str | None = None
    hint: str | None = None


Maker = Callable[[Book], Booking | None]


def make_bookings(dice: random.Random, book: Book, count: int) -> list[Booking]:
    """So many invitees in the shares of CASES."""
    book.dice = dice
    makers, weights = list(CASES), list(CASES.values())
    made: list[Booking] = []
    while len(made) < count:
        booking = dice.choices(makers, weights)[0](book)
        if booking:
            made.append(booking)
    return made


def _client(book: Book) -> Card:
    card = book.dice.choice(book.cards)
    return card if not card.is_company else _client(book)


def _of(case: str, card: Card, name: str | None, address: str, **more: str | None) -> Booking:
    return Booking(case, frozenset(card.people), name, address, **more)


def _said(book: Book, card: Card) -> str | None:
    """The name as clients type it."""
    kind, nickname = book.dice.random(), book.names.nickname(card.first)
    if kind < 0.05:
        return card.first
    if kind < 0.07:
        return None
    if kind < 0.10:
        return f"{card.last}, {card.first}"
    if kind < 0.14:
        return f"{card.first} {book.dice.choice('ABCDEFGHJKLMNPRST')}. {card.last}"
    if kind < 0.18:
        return card.name.upper()
    if kind < 0.24 and nickname:
        return f"{nickname} {card.last}"
    return card.name


def _own(card: Card, book: Book) -> str:
    return book.dice.choice(card.addresses)


def _slipped(book: Book, text: str) -> str:
    """One letter left out, doubled, exchanged or swapped with its neighbour."""
    place = book.dice.randrange(1, len(text) - 1)
    head, letter, tail = text[:place], text[place], text[place + 1 :]
    changed = [head + tail, head + letter + letter + tail, head + book.dice.choice("aeioustrn") + tail,
               head + tail[0] + letter + tail[1:]]  # fmt: skip
    return next((one for one in book.dice.sample(changed, 4) if one != text), head + tail)


def exact(book: Book) -> Booking:
    """An address of the card."""
    card = _client(book)
    return _of("exact", card, _said(book, card), _own(card, book))


def canonical(book: Book) -> Booking:
    """The same mailbox, written another way."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    is_gmail = domain == "gmail.com" and book.dice.random() < 0.5
    local = local.replace(".", "") if is_gmail and "." in local else f"{local}+{book.dice.choice(WORDS)}"
    return _of("canonical", card, _said(book, card), f"{local}@{domain}")


def typo_domain(book: Book) -> Booking | None:
    """A slip in the domain."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    stem, dot, ending = domain.rpartition(".")
    typed = book.dice.choice(SLIPS.get(domain, [f"{_slipped(book, stem)}{dot}{ending}"]))
    return _of("typo_domain", card, _said(book, card), f"{local}@{typed}")


def typo_local_part(book: Book) -> Booking | None:
    """A slip in the local part."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    typed = f"{_slipped(book, local)}@{domain}" if len(local) > 4 else ""
    return _of("typo_local_part", card, _said(book, card), typed) if typed and not book.is_taken(typed) else None


def same_local_part(book: Book) -> Booking | None:
    """The same local part at another provider."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    address = f"{local}@{book.dice.choice(PROVIDERS)}"
    if address.endswith(domain) or book.is_taken(address):
        return None
    return _of("same_local_part", card, _said(book, card), address)


def company_domain(book: Book) -> Booking | None:
    """Another address at the card's company."""
    card = _client(book)
    if not card.company:
        return None
    return _of("company_domain", card, _said(book, card), book.work_address(card.first, card.last, card.company))


def company_answer(book: Book) -> Booking | None:
    """A private address, and the company's name in an answer."""
    card = _client(book)
    if not card.company:
        return None
    address = book.free_address(card.first, card.last)
    return _of("company_answer", card, _said(book, card), address, company=card.company.name.upper())


def phone(book: Book) -> Booking | None:
    """An unknown address, and the card's number."""
    card = _client(book)
    if not card.phone:
        return None
    return _of("phone", card, _said(book, card), book.free_address(card.first, card.last), phone=card.phone)


def name_only(book: Book) -> Booking:
    """An unknown address, and nothing but the name."""
    card = _client(book)
    return _of("name_only", card, _said(book, card), book.free_address(card.first, card.last))


def new_surname(book: Book) -> Booking:
    """Married: the old address, the company's, or nothing that is known."""
    card, last = _client(book), book.names.last()
    kind = book.dice.random()
    address = book.free_address(card.first, last)
    if kind < 0.4:
        address = _own(card, book)
    elif kind < 0.8 and card.company:
        address = book.work_address(card.first, last, card.company)
    return _of("new_surname", card, f"{card.first} {last}", address)


def spouse(book: Book) -> Booking | None:
    """A client who books with the other spouse's address."""
    card = _client(book)
    if not card.spouse or card.spouse.is_company:
        return None
    return _of("spouse", card, card.name, _own(card.spouse, book))


def assistant(book: Book) -> Booking:
    """Somebody unknown who books with the client's address."""
    card = _client(book)
    return _of("assistant", card, f"{book.names.first()} {book.names.last()}", _own(card, book))


def link(book: Book) -> Booking:
    """The id in the link, an unknown address."""
    card = _client(book)
    return _of("link", card, card.name, book.free_address(card.first, card.last), hint=card.contact_id)


def _nobody(case: str, name: str | None, address: str, **more: str | None) -> Booking:
    return Booking(case, frozenset(), name, address, **more)


def stranger(book: Book) -> Booking:
    """Nobody the firm knows."""
    first, last = book.names.first(), book.names.last()
    number = book.phone() if book.dice.random() < 0.3 else None
    if book.dice.random() < 0.3:
        return _nobody(
            "stranger", f"{first} {last}", f"{first}@{last}{book.dice.choice(WORDS)}.com".lower(), phone=number
        )
    return _nobody("stranger", f"{first} {last}", book.free_address(first, last), phone=number)


def namesake(book: Book) -> Booking | None:
    """Somebody who happens to bear a client's name: common names do so far more often than rare ones."""
    for _ in range(400):
        first, last = book.names.first(), book.names.last()
        if (first, last) in book.known_names:
            return _nobody("namesake", f"{first} {last}", book.free_address(first, last))
    return None


def colleague(book: Book) -> Booking | None:
    """Somebody else at a client's company."""
    card = _client(book)
    if not card.company:
        return None
    first, last = book.names.first(), book.names.last()
    return _nobody("colleague", f"{first} {last}", book.work_address(first, last, card.company))


def role_address(book: Book) -> Booking | None:
    """A desk of a client's company."""
    card = _client(book)
    if not card.company:
        return None
    desk = book.dice.choice(["info", "office", "scheduling", "admin"])
    return _nobody("role_address", f"{book.names.first()} {book.names.last()}", f"{desk}@{card.company.domain}")


def look_alike_domain(book: Book) -> Booking | None:
    """Another firm whose domain is a letter away from a client's, with the same local part."""
    card = _client(book)
    address = card.addresses[0]
    if not card.company or not address.endswith(card.company.domain):
        return None
    local, _, domain = address.partition("@")
    typed = f"{local}@{_slipped(book, domain.removesuffix('.com'))}.com"
    first = card.first if book.dice.random() < 0.5 else book.names.first()
    return _nobody("look_alike_domain", f"{first} {book.names.last()}", typed)


def look_alike_mailbox(book: Book) -> Booking | None:
    """Another mailbox a letter away from a client's."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    typed = f"{_slipped(book, local)}@{domain}" if len(local) > 4 else ""
    if not typed or book.is_taken(typed):
        return None
    first = card.first if book.dice.random() < 0.3 else book.names.first()
    last = card.last if book.dice.random() < 0.3 and first != card.first else book.names.last()
    return _nobody("look_alike_mailbox", f"{first} {last}", typed)


def same_local_stranger(book: Book) -> Booking | None:
    """Another person with a client's local part at another provider."""
    card = _client(book)
    local, _, domain = _own(card, book).partition("@")
    address = f"{local}@{book.dice.choice(PROVIDERS)}"
    if address.endswith(domain) or book.is_taken(address):
        return None
    first = f"{card.first[0]}{book.names.first()[1:]}"
    last = card.last if book.dice.random() < 0.5 else book.names.last()
    return _nobody("same_local_stranger", f"{first} {last}" if first != card.first else None, address)


def relative(book: Book) -> Booking:
    """A child without a card, by the parent's telephone or address."""
    card, first = _client(book), book.names.first()
    if card.phone and book.dice.random() < 0.6:
        return _nobody("relative", f"{first} {card.last}", book.free_address(first, card.last), phone=card.phone)
    return _nobody("relative", f"{first} {card.last}", _own(card, book))


def staff(book: Book) -> Booking:
    """A colleague at the firm; now and then of a client's name."""
    first, last = book.names.first(), book.names.last()
    return _nobody("staff", f"{first} {last}", f"{first}.{last}@firm.example".lower())


CASES: dict[Maker, float] = {
    exact: 410, canonical: 4, typo_domain: 7, typo_local_part: 6, same_local_part: 32, company_domain: 28,
    company_answer: 9, phone: 22, name_only: 45, new_surname: 7, spouse: 8, assistant: 5, link: 4,
    stranger: 308, namesake: 12, colleague: 35, role_address: 6, look_alike_domain: 5, look_alike_mailbox: 6,
    same_local_stranger: 5, relative: 6, staff: 30,
}  # fmt: skip
