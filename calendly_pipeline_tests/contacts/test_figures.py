"""How often the matcher is right on generated firms, against a truth it never sees."""

import random

import duckdb
import pytest

from calendly_pipeline.warehouse import content_hash, table_names
from calendly_pipeline_tests.contacts.matching_cases import (
    Book,
    Booking,
    Figures,
    add,
    figures_of,
    make_book,
    make_bookings,
    match,
    matched,
)

TRAPS = ("namesake", "look_alike_domain", "look_alike_mailbox", "role_address", "colleague", "relative", "staff")


def _figures(seed: int) -> Figures:
    book = make_book(random.Random(seed), 3_000)
    bookings = make_bookings(random.Random(1_000 + seed), book, 7_000)
    with matched(book, bookings, threads=2) as connection:
        return figures_of(connection, bookings)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_figures(seed: int) -> None:
    """Links are right, most clients are linked, nearly all are found, and the queue stays short."""
    figures = _figures(seed)
    told = figures.as_markdown() + "\n".join(map(str, figures.wrong))
    assert figures.precision >= 0.999, told
    assert figures.linked >= 0.86, told
    assert figures.found >= 0.97, told
    assert figures.queued_per_thousand <= 115, told
    assert not any(counter["right"] for case, counter in figures.counts.items() if case in TRAPS)
    assert set(figures.counts["staff"]) <= {"left", "linkable"}
    spouse = figures.counts["spouse"]
    assert spouse["wrong"] == 0
    assert spouse["right"] + spouse["offered"] >= 0.9 * spouse["linkable"]


@pytest.fixture(scope="module")
def firm() -> tuple[Book, list[Booking]]:
    """A small firm of every case."""
    book = make_book(random.Random(5), 400)
    return book, make_bookings(random.Random(6), book, 1_200)


@pytest.fixture(scope="module")
def at_once(firm: tuple[Book, list[Booking]]) -> dict[str, str]:
    """The firm matched at once on one thread: table -> content hash, of every table of the stage."""
    with matched(*firm) as connection:
        return hashes(connection)


def hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Table -> content hash, of every table of the stage."""
    return {name: content_hash(connection, name) for name in table_names(connection) if name.startswith("contacts.")}


def different(one: dict[str, str], other: dict[str, str]) -> set[str]:
    """Tables that are not the same."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


@pytest.mark.parametrize(("threads", "order"), [(2, 1), (4, 2)])
def test_order_and_threads_change_nothing(
    firm: tuple[Book, list[Booking]], at_once: dict[str, str], threads: int, order: int
) -> None:
    """Two or four threads, and the rows in any order: every table of the stage is the one thread's."""
    with matched(*firm, threads=threads, order=order) as connection:
        assert different(hashes(connection), at_once) == set()
    assert not any(at_once[f"contacts.{name}"].startswith("0-") for name in ("proposals", "review_queue", "matches"))


@pytest.mark.parametrize("first", [0, 1, 700])
def test_days_one_after_the_other_are_all_days_at_once(
    firm: tuple[Book, list[Booking]], at_once: dict[str, str], first: int
) -> None:
    """However the bookings came in, the last run's tables are those of a run that had everything from the start."""
    book, bookings = firm
    with matched(book, bookings[:first]) as connection:
        assert different(hashes(connection), at_once)
        add(connection, bookings, first)
        match(connection, book, bookings)
        assert different(hashes(connection), at_once) == set()
