"""The meetings stage in Dagster."""

from pathlib import Path

import dagster as dg

from calendly_pipeline.models import stage_definitions


def meetings() -> dg.Definitions:
    """SQL models and checks of this folder."""
    return stage_definitions(Path(__file__).parent)
