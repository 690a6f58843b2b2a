"""Which adapter serves a destination. A vendor's module is imported when it is needed: it brings its libraries."""

from collections.abc import Callable
from importlib import import_module

from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State

Make = Callable[[Settings, State], Adapter | None]


def adapter_for(destination: str, settings: Settings, state: State) -> Adapter | None:
    """The destination's adapter; None when its table or its secret is missing. Each module has `make_adapter`."""
    if destination not in settings.destinations.configured():
        return None
    make: Make = import_module(f"calendly_pipeline.destinations.{destination}.adapter").make_adapter
    return make(settings, state)
