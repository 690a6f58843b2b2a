"""A stateful Cal.com: bookings with the vendor's odd successes, by API, webhook and export."""

from calendly_pipeline_tests.fakes.calcom.server import CalcomServer, api_key_limit
from calendly_pipeline_tests.fakes.calcom.world import World

__all__ = ["CalcomServer", "World", "api_key_limit"]
