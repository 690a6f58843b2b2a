"""The destinations stage in Dagster: plans, and what was sent before."""

from pathlib import Path

import dagster as dg

from calendly_pipeline.destinations.expectations import SUITES
from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.resources import FirmResource, WarehouseResource

STAGE = "destinations"


def destinations() -> dg.Definitions:
    """Field mapping, ledger, and the plan of every destination."""
    return stage_definitions(Path(__file__).parent, [lacrm_fields, ledger], expectation_checks(SUITES))


@dg.asset(key=[STAGE, "lacrm_fields"], group_name=STAGE, kinds={"python", "toml"}, owners=OWNERS)
def lacrm_fields(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Metric -> custom field of the LACRM card, from pipeline.toml, else the shipped names."""
    from calendly_pipeline.destinations.lacrm_fields import lacrm_fields as fields_in_force
    from calendly_pipeline.destinations.lacrm_fields import load_fields

    with warehouse.get_connection() as connection:
        load_fields(connection, fields_in_force(firm.settings))
        return materialised(connection, "destinations.lacrm_fields")


@dg.asset(key=[STAGE, "ledger"], group_name=STAGE, kinds={"python", "sqlalchemy"}, owners=OWNERS)
def ledger(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every attempt to write to a destination and its outcome, copied from the state store."""
    from calendly_pipeline.destinations.ledger import copy_ledger  # brings SQLAlchemy

    with firm.state() as store, warehouse.get_connection() as connection:
        copy_ledger(connection, store)
        return materialised(connection, "destinations.ledger")
