"""A stateful Less Annoying CRM behind its one endpoint, with the refusals and odd successes clients have seen."""

from calendly_pipeline_tests.fakes.lacrm.server import Called, LacrmServer, SilentLimit
from calendly_pipeline_tests.fakes.lacrm.world import World

__all__ = ["Called", "LacrmServer", "SilentLimit", "World"]
