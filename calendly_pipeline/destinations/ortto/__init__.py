"""Ortto as a destination."""

from calendly_pipeline import environment
from calendly_pipeline.clients.http import StaticToken
from calendly_pipeline.clients.ortto import OrttoClient
from calendly_pipeline.destinations.ortto.adapter import OrttoAdapter
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State

__all__ = ["OrttoAdapter", "make_adapter"]


def make_adapter(settings: Settings, _state: State) -> OrttoAdapter | None:
    """The adapter; None without a key or without `[destinations.ortto]`."""
    key, rules = environment.secret("ORTTO_API_KEY"), settings.destinations.ortto
    if key is None or rules is None:
        return None
    client = OrttoClient(environment.ortto_api_url(), StaticToken(key), per_second=rules.requests_per_second)
    return OrttoAdapter(client, rules, settings.firm.time_zone or "UTC")
