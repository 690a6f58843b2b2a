"""Build the sample firm's world from a seed."""

from calendly_pipeline.sample.booking import Scheduler
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.files import EXPORTS, SPOILT, UNREADABLE
from calendly_pipeline.sample.migration import migrate
from calendly_pipeline.sample.people import build_book
from calendly_pipeline.sample.regular import live
from calendly_pipeline.sample.staff import HOSTS
from calendly_pipeline.sample.stories import tell
from calendly_pipeline.sample.traps import set_traps
from calendly_pipeline.sample.world import Firm

SMALLEST = (44, 200)
"""Fewest contacts and bookings in which every story finds its people."""


def build_firm(seed: int = 7, contacts: int = 60, bookings: int = 400) -> Firm:
    """The same firm for the same arguments, on any machine."""
    if contacts < SMALLEST[0] or bookings < SMALLEST[1]:
        raise ValueError(f"The stories need at least {SMALLEST[0]} contacts and {SMALLEST[1]} bookings.")
    if bookings > 100 * contacts or bookings > 6000:
        raise ValueError("Three advisers hold 6,000 meetings at most, a contact about 100; use --rows for more.")
    book = build_book(seed, contacts)
    scheduler = Scheduler(seed)
    migrate(scheduler, book)
    tell(scheduler, book)
    set_traps(scheduler, book)
    live(scheduler, Dice(seed, "regular"), book, bookings - len(scheduler.meetings))
    return Firm(seed, HOSTS, book, tuple(scheduler.meetings), EXPORTS, SPOILT, (UNREADABLE,))
