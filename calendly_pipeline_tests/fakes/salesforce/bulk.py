"""A firm's whole Salesforce: Calendly's package with an external id, and so many users."""

from calendly_pipeline_tests.fakes.salesforce.world import World

TOKEN = "00Dfake!session"  # noqa: S105 - of no real organization


def filled_firm(users: int) -> World:
    """`host1@firm.example` and so on, without links; equal each time. TOKEN is good."""
    world = World()
    world.install_package()
    world.sessions.add(TOKEN)
    for number in range(1, users + 1):
        world.add_user(f"host{number}@firm.example", username=f"host{number}@firm.example.crm")
    return world
