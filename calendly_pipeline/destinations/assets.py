"""The destinations stage in Dagster: mappings, the ledger, plans, and one asset per destination that sends."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from calendly_pipeline.destinations import DESTINATIONS
from calendly_pipeline.destinations.expectations import SUITES
from calendly_pipeline.last_refresh import require_fresh
from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of

if TYPE_CHECKING:
    from calendly_pipeline.destinations.sending import Sent

STAGE = "destinations"


class SendConfig(dg.Config):
    """What a send may do."""

    apply: bool = Field(default=False, description="Send. Without it the plan is counted and nothing is sent.")
    only: list[str] = Field(default=[], description="Record keys or contact ids; empty: everything that is planned.")
    limit: int | None = Field(default=None, ge=1, description="At most so many records.")
    allow_large_change: bool = Field(default=False, description="Send although a large share of records would change.")
    create_fields: bool = Field(default=False, description="Create mapped fields that the destination lacks.")


def destinations() -> dg.Definitions:
    """Field mapping, ledger, the plan of every destination, and the sends."""
    sends = [_send_asset(name) for name in DESTINATIONS]
    assets = [lacrm_fields, clevertap_event_names, ledger, *sends]
    return stage_definitions(Path(__file__).parent, assets, expectation_checks(SUITES))


def sent_key(destination: str) -> dg.AssetKey:
    """The asset that sends to a destination."""
    return dg.AssetKey([STAGE, f"{destination}_sent"])


def send_config(destination: str, **chosen: Any) -> dict[str, Any]:
    """Run config of a send; `chosen` are fields of SendConfig."""
    return {"ops": {f"{STAGE}__{destination}_sent": {"config": chosen}}}


@dg.asset(key=[STAGE, "lacrm_fields"], group_name=STAGE, kinds={"python", "toml"}, owners=OWNERS)
def lacrm_fields(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Metric -> custom field of the LACRM card, from pipeline.toml, else the shipped names."""
    from calendly_pipeline.destinations.lacrm.fields import lacrm_fields as fields_in_force
    from calendly_pipeline.destinations.lacrm.fields import load_fields

    with warehouse.get_connection() as connection:
        load_fields(connection, fields_in_force(firm.settings))
        return materialised(connection, "destinations.lacrm_fields")


@dg.asset(
    key=[STAGE, "clevertap_event_names"],
    deps=[dg.AssetKey(["meetings", "meetings"]), dg.AssetKey(["classification", "meeting_types"])],
    group_name=STAGE,
    kinds={"python", "liquid"},
    owners=OWNERS,
)
def clevertap_event_names(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Kind of meeting and transition -> name of the event at CleverTap, by the templates of pipeline.toml."""
    from calendly_pipeline.destinations.clevertap.event_names import load_event_names  # brings the template library

    with warehouse.get_connection() as connection:
        load_event_names(connection, firm.settings)
        return materialised(connection, "destinations.clevertap_event_names")


@dg.multi_asset(
    specs=[
        dg.AssetSpec([STAGE, table], group_name=STAGE, kinds={"python", "sqlalchemy"}, owners=OWNERS, description=text)
        for table, text in {
            "ledger": "Every attempt to write to a destination and its outcome, copied from the state store.",
            "runs": "Every send that was to write and what it came to, copied from the state store.",
        }.items()
    ]
)
def ledger(firm: FirmResource, warehouse: WarehouseResource) -> Any:
    """Copy what was sent out of the state store."""
    from calendly_pipeline.destinations.ledger import copy_ledger  # brings SQLAlchemy

    with firm.state() as store, warehouse.get_connection() as connection:
        copy_ledger(connection, store)
        yield materialised(connection, "destinations.ledger")
        yield materialised(connection, "destinations.runs")


def _send_asset(destination: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=sent_key(destination),
        deps=[dg.AssetKey([STAGE, "plan"])],
        group_name=STAGE,
        kinds={"python", "api"},
        owners=OWNERS,
        pool=f"send_{destination}",
        description=(
            f"Sends to {destination} what it lacks, each record written down before and after. "
            "Sends nothing unless `apply` is set."
        ),
    )
    def sent(context: dg.AssetExecutionContext, config: SendConfig, firm: FirmResource) -> dg.MaterializeResult:
        from calendly_pipeline.destinations.sending import Order, read_plan, send  # brings the HTTP library

        order = Order(
            run_id=context.run.run_id,
            as_of=as_of(context),
            only=tuple(config.only),
            limit=config.limit,
            allow_large_change=config.allow_large_change,
            create_fields=config.create_fields,
        )
        if not config.apply:
            plan = read_plan(firm.home, destination, order)
            return dg.MaterializeResult(
                metadata={
                    "state": "nothing was sent: apply is not set",
                    "to_send": len(plan.records),
                    "skipped": plan.skipped,
                    "blocked": plan.blocked,
                }
            )
        require_fresh(context.instance)
        with firm.state() as state:
            done = send(firm.home, firm.settings, state, destination, order, context.log.info)
        if done.error is not None:
            raise dg.Failure(
                str(done.error), metadata=_metadata(done), allow_retries=done.error.retry_helps
            ) from done.error
        return dg.MaterializeResult(metadata=_metadata(done))

    return sent


def _metadata(done: "Sent") -> dict[str, Any]:
    counts = {name: value for name, value in vars(done.counts).items() if name != "notes"}
    return {**counts, **({"notes": done.counts.notes} if done.counts.notes else {})}
