"""Generated firms for the matcher: cards and bookings full of traps, their truth kept apart.

What belongs here: who people are and how they book. What does not: any rule of the matcher. Shares of the cases stand
in `bookings.py` beside each case; names follow the United States census, bent at random for each firm, with invented
surnames among them, so that the matcher's own list of names is never quite right.
"""

from calendly_pipeline_tests.contacts.matching_cases.bookings import Booking, make_bookings
from calendly_pipeline_tests.contacts.matching_cases.cards import Book, make_book
from calendly_pipeline_tests.contacts.matching_cases.figures import Figures, figures_of
from calendly_pipeline_tests.contacts.matching_cases.tables import add, fill, match, matched, run_stages

__all__ = [
    "Book",
    "Booking",
    "Figures",
    "add",
    "figures_of",
    "fill",
    "make_book",
    "make_bookings",
    "match",
    "matched",
    "run_stages",
]
