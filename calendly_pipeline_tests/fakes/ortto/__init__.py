"""A stateful Ortto: people, activities, definitions, with the refusals and odd successes of its recorded answers."""

from calendly_pipeline_tests.fakes.ortto.server import Asked, BodyLimit, OrttoServer
from calendly_pipeline_tests.fakes.ortto.world import World

__all__ = ["Asked", "BodyLimit", "OrttoServer", "World"]
