"""A stateful CleverTap: uploads with a result per record, reading back, and the silences of the real one."""

from calendly_pipeline_tests.fakes.clevertap.server import CleverTapServer
from calendly_pipeline_tests.fakes.clevertap.world import Campaign, Profile, Schema, StoredEvent, World

__all__ = ["Campaign", "CleverTapServer", "Profile", "Schema", "StoredEvent", "World"]
