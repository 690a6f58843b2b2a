"""CleverTap as a destination: events of bookings, and the profiles they belong to."""

from typing import TYPE_CHECKING

from calendly_pipeline import environment

if TYPE_CHECKING:
    from calendly_pipeline.destinations.clevertap.adapter import ClevertapAdapter
    from calendly_pipeline.settings import Settings
    from calendly_pipeline.state import State


def make_adapter(settings: "Settings", state: "State") -> "ClevertapAdapter | None":
    """The adapter; None without the account's id and passcode."""
    from calendly_pipeline.clients.clevertap import CleverTapClient  # brings the HTTP library
    from calendly_pipeline.destinations.clevertap.adapter import ClevertapAdapter

    rules = settings.destinations.clevertap
    account_id, passcode = environment.secret("CLEVERTAP_ACCOUNT_ID"), environment.secret("CLEVERTAP_PASSCODE")
    if rules is None or account_id is None or passcode is None:
        return None
    client = CleverTapClient(environment.clevertap_api_url(rules.region), account_id, passcode)
    return ClevertapAdapter(client, rules, state)
