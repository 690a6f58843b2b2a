"""The classification stage in Dagster."""

from pathlib import Path

import dagster as dg

from calendly_pipeline.classification.expectations import SUITES
from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.resources import FirmResource, WarehouseResource

STAGE = "classification"


def classification() -> dg.Definitions:
    """The rules, and every meeting's type."""
    return stage_definitions(Path(__file__).parent, [rules], expectation_checks(SUITES))


@dg.asset(key=[STAGE, "rules"], group_name=STAGE, kinds={"python", "toml"}, owners=OWNERS)
def rules(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The ordered rules in force: the firm's from pipeline.toml, else the shipped ones."""
    from calendly_pipeline.classification.rules import load_rules
    from calendly_pipeline.classification.rules import rules as rules_in_force

    settings = firm.settings
    with warehouse.get_connection() as connection:
        load_rules(connection, rules_in_force(settings))
        origin = "shipped" if settings.classification.rules is None else "pipeline.toml"
        return materialised(connection, "classification.rules", origin=origin)
