"""A stateful Brevo: contacts, attributes, lists and custom events, with its refusals, limits and silent losses."""

from calendly_pipeline_tests.fakes.brevo.server import BrevoServer, brevo_limits
from calendly_pipeline_tests.fakes.brevo.world import World

__all__ = ["BrevoServer", "World", "brevo_limits"]
