"""The table of contents: six stages, automation, freshness, resources."""

import gc

import dagster as dg

gc.freeze()  # what Dagster brought stays: to look through it again and again takes a tenth of the time to load

from calendly_pipeline import environment
from calendly_pipeline.automation import automation
from calendly_pipeline.classification.assets import classification
from calendly_pipeline.contacts.assets import contacts
from calendly_pipeline.destinations.assets import destinations
from calendly_pipeline.home import Home
from calendly_pipeline.meetings.assets import meetings
from calendly_pipeline.metrics.assets import metrics
from calendly_pipeline.quality.contents_check import content_checks
from calendly_pipeline.quality.freshness import with_freshness
from calendly_pipeline.resources import resources
from calendly_pipeline.sources.assets import sources


def build(home: Home) -> dg.Definitions:
    """Everything Dagster knows of one firm."""
    stages = [sources(), meetings(), contacts(), classification(), metrics(), destinations()]
    merged = dg.Definitions.merge(
        *stages,
        content_checks(),
        automation(),
        dg.Definitions(resources=resources(home), executor=dg.in_process_executor),
    )
    return with_freshness(merged)


environment.read_dotenv()
defs = build(environment.current_home())
