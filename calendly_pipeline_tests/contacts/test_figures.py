"""How often the matcher is right on generated firms, against a truth it never sees."""

import random

import pytest

from calendly_pipeline.warehouse import content_hash, table_names
from calendly_pipeline_tests.contacts.matching_cases import Figures, figures_of, make_book, make_bookings, matched

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


def test_order_and_threads_change_nothing() -> None:
    """One, two or four threads, and the rows in any order: every table of the stage is the same."""
    book = make_book(random.Random(5), 400)
    bookings = make_bookings(random.Random(6), book, 1_200)
    found = []
    for threads, order in ((1, None), (2, 1), (4, 2), (2, 3)):
        with matched(book, bookings, threads=threads, order=order) as connection:
            tables = [name for name in table_names(connection) if name.startswith("contacts.")]
            found.append({name: content_hash(connection, name) for name in tables})
    different = {name for one in found for name in one if one[name] != found[0][name]}
    assert different == set()
    assert not found[0]["contacts.proposals"].startswith("0-")
