"""A firm's whole Brevo account."""

from datetime import UTC, datetime, timedelta

from calendly_pipeline_tests.fakes.brevo.world import World

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ATTRIBUTES = {"COMPANY": "text", "JOB_TITLE": "text", "BOOKING_STATUS": "text", "MEETING_DATE": "date"}
LISTS = ("Portfolio reviews", "Discovery calls", "Everybody else", "Book again")


def firm(**details: bool) -> tuple[World, str]:
    """An account with the usual attributes and four lists, without contacts; and its key."""
    world = World(**details)
    for name, kind in ATTRIBUTES.items():
        world.add_attribute(name, kind)
    folder = world.add_folder("Firm")
    for name in LISTS:
        world.add_list(name, folder)
    return world, world.add_key()


def filled_firm(contacts: int) -> tuple[World, str]:
    """The same with so many contacts; every tenth is blocked, every seventh left the first list."""
    world, key = firm()
    first = next(iter(world.lists))
    for number in range(contacts):
        address = f"person{number}@mail{number % 7}.example"
        world.create(START + timedelta(minutes=number), address, {"attributes": {"FIRSTNAME": f"P{number}"}})
        world.change_list(first, [address], True)
        if number % 10 == 9:
            world.unsubscribe(address)
        elif number % 7 == 6:
            world.unsubscribe(address, first)
    return world, key
