"""The meetings stage in Dagster."""

from pathlib import Path

import dagster as dg

from calendly_pipeline.meetings.expectations import SUITES
from calendly_pipeline.models import stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks


def meetings() -> dg.Definitions:
    """SQL models and checks of this folder."""
    return stage_definitions(Path(__file__).parent, checks=expectation_checks(SUITES))
