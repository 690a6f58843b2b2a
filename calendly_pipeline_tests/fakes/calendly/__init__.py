"""A stateful Calendly: the world it knows, its API, its webhooks and its exports."""

from calendly_pipeline_tests.fakes.calendly.calendar import Booked
from calendly_pipeline_tests.fakes.calendly.server import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.world import World

__all__ = ["Booked", "CalendlyServer", "World"]
