"""The sources stage in Dagster: what the tools and address books said, kept as said."""

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from calendly_pipeline.failures import PipelineError
from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.quality.run_findings import PULL_FAILURES
from calendly_pipeline.resources import FirmResource, WarehouseResource
from calendly_pipeline.sources.expectations import SUITES
from calendly_pipeline.sources.pull_order import MODES, Mode, Order, Platform

if TYPE_CHECKING:
    from calendly_pipeline.sources.loading import LoadReport
    from calendly_pipeline.sources.pulls import Pulled

STAGE = "sources"
MODE_TAG = "pipeline/mode"
"""Run tag: window | wide | everything | backfill. A run without it, such as a backfill from the UI, is a backfill."""

MONTHS = dg.MonthlyPartitionsDefinition(start_date="2013-01", fmt="%Y-%m", end_offset=13)
"""Months of the meetings' start, UTC, to a year ahead."""
LANDED = {
    "files": "One row per content of a dropped file; the bytes stay in landing, whatever becomes of the drop folder.",
    "time_zone_labels": "Calendly's name of a time zone and the IANA name.",
}
LOADED = {
    "calendly_exports": "Rows of Calendly exports as said; one per invitee and file.",
    "calcom_exports": "Rows of Cal.com exports (bookings list and Insights) as said.",
    "crm_contacts": "Contacts and companies of the CRM's export as said.",
    "address_books": "People of other address books as said.",
    "unread_rows": "Records of files that are no rows: too many cells, broken quotes, over-long lines.",
}
ANSWERED = {
    "pulls": "One row per finished pull: the months its API vouches for, and what the pull found.",
    "page_files": "Which landed files of answers are loaded.",
    "api_records": "Of every record that an API returned the newest version, as said; all versions stay in landing.",
}


def sources() -> dg.Definitions:
    """Landing of dropped files, one table per kind of file, and the SQL that lists what could not be read."""
    pulls = [_pull_asset("calendly"), _pull_asset("calcom"), lacrm_pull, salesforce_pull]
    assets = [landed_files, file_rows, *pulls, api_pages, deliveries]
    return stage_definitions(Path(__file__).parent, assets, expectation_checks(SUITES))


def _spec(table: str, description: str, deps: list[str], kind: str = "file") -> dg.AssetSpec:
    return dg.AssetSpec(
        [STAGE, table],
        deps=[dg.AssetKey([STAGE, dep]) for dep in deps],
        group_name=STAGE,
        kinds={"python", kind},
        owners=OWNERS,
        description=description,
    )


@dg.multi_asset(specs=[_spec(table, text, []) for table, text in LANDED.items()])
def landed_files(firm: FirmResource, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Copy what lies in the drop folders into landing. When a file came is a fact, whatever clock the run has."""
    firm.home.create()
    from calendly_pipeline.sources.landing import land
    from calendly_pipeline.sources.loading import refresh_files  # brings the readers
    from calendly_pipeline.suppression import count_suppressed, suppression  # brings SQLAlchemy

    with firm.state() as state:
        report = land(firm.home, datetime.now(UTC), suppression(state))
        count_suppressed(state, "file", "files", "default", report.suppressed_count)
    with warehouse.get_connection() as connection:
        refresh_files(connection, firm.home, firm.settings)
        yield materialised(
            connection,
            "sources.files",
            new_files=[file.name for file in report.new],
            seen_before=report.seen_count,
            still_changing=list(report.unsettled),
            suppressed_rows=report.suppressed_count,
        )
        yield materialised(connection, "sources.time_zone_labels")


@dg.multi_asset(specs=[_spec(table, text, ["files"]) for table, text in LOADED.items()])
def file_rows(firm: FirmResource, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Read every landed file that was not read before, each whole or not at all."""
    from calendly_pipeline.sources.loading import TABLES, load_folder  # brings the readers

    settings = firm.settings
    with warehouse.get_connection() as connection:
        for folder, tables in TABLES.items():
            report = load_folder(connection, firm.home, settings, folder)
            for table in tables:
                yield materialised(connection, f"{STAGE}.{table}", **_metadata(report, folder))
        yield materialised(connection, "sources.unread_rows")


def _metadata(report: "LoadReport", folder: str) -> dict[str, Any]:
    if not report.loaded and not report.unchanged_count:
        return {"state": f"not configured: no file in data/{folder}"}
    return {
        "new_files": list(report.loaded),
        "files_read_before": report.unchanged_count,
        "unreadable_files": list(report.unreadable),
    }


def _pull_asset(platform: Platform) -> dg.AssetsDefinition:
    def pull(context: dg.AssetExecutionContext, firm: FirmResource) -> dg.MaterializeResult:
        from calendly_pipeline.sources.pulls import pull_all  # brings the HTTP library

        with firm.state() as state:
            pulled = pull_all(platform, firm.home, firm.settings, state, _order(context, firm), context.log.info)
        if pulled.error is not None:
            raise _failure(pulled.error, _pull_metadata(pulled))
        return dg.MaterializeResult(metadata=_pull_metadata(pulled))

    vendor = {"calendly": "Calendly", "calcom": "Cal.com"}[platform]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # of backfill_policy; the version of dagster is pinned
        return dg.asset(
            key=[STAGE, f"{platform}_pull"],
            group_name=STAGE,
            kinds={"python", "api"},
            owners=OWNERS,
            partitions_def=MONTHS,
            backfill_policy=dg.BackfillPolicy.single_run(),
            pool=platform,
            description=(
                f"What {vendor}'s API says of the meetings that start in a month, page by page into landing. "
                "Safe to repeat: what did not change is not asked for again."
            ),
        )(pull)


@dg.asset(key=[STAGE, "lacrm_pull"], group_name=STAGE, kinds={"python", "api"}, owners=OWNERS, pool="lacrm")
def lacrm_pull(context: dg.AssetExecutionContext, firm: FirmResource) -> dg.MaterializeResult:
    """What LACRM's API says of every contact and company, into landing. Read whole each time; only news lands."""
    from calendly_pipeline.sources.contact_pull import pull_contacts  # brings the HTTP library

    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{context.run.run_id[:8]}"
    with firm.state() as state:
        pulled = pull_contacts(firm.home, firm.settings, state, run, context.log.info)
    if pulled.error is not None:
        raise _failure(pulled.error, _pull_metadata(pulled))
    return dg.MaterializeResult(metadata=_pull_metadata(pulled))


@dg.asset(key=[STAGE, "salesforce_pull"], group_name=STAGE, kinds={"python", "api"}, owners=OWNERS, pool="salesforce")
def salesforce_pull(context: dg.AssetExecutionContext, firm: FirmResource) -> dg.MaterializeResult:
    """Who is a user of the firm's Salesforce, into landing. Read whole each time; it lands when it changed."""
    from calendly_pipeline.sources.salesforce_pull import pull_users  # brings the HTTP library

    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{context.run.run_id[:8]}"
    with firm.state() as state:
        pulled = pull_users(firm.home, firm.settings, state, run, context.log.info)
    if pulled.error is not None:
        raise _failure(pulled.error, _pull_metadata(pulled))
    return dg.MaterializeResult(metadata=_pull_metadata(pulled))


PULLED = ["calendly_pull", "calcom_pull", "lacrm_pull", "salesforce_pull"]


@dg.multi_asset(specs=[_spec(table, text, PULLED, "api") for table, text in ANSWERED.items()])
def api_pages(firm: FirmResource, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Load the answers that landed since the last time."""
    from calendly_pipeline.sources.page_loading import load_pages  # brings SQLAlchemy

    with warehouse.get_connection() as connection:
        report = load_pages(connection, firm.home)
        for table in ANSWERED:
            yield materialised(connection, f"{STAGE}.{table}", new_files=report.files_count)


@dg.asset(
    key=[STAGE, "webhook_deliveries"],
    group_name=STAGE,
    kinds={"python", "webhook"},
    owners=OWNERS,
    description="One row per delivery of a webhook whose signature held.",
)
def deliveries(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Copy new deliveries out of the state store."""
    from calendly_pipeline.sources.deliveries import load_deliveries  # brings SQLAlchemy

    with firm.state() as state, warehouse.get_connection() as connection:
        report = load_deliveries(state, connection)
        return materialised(connection, f"{STAGE}.webhook_deliveries", **vars(report))


def _order(context: dg.AssetExecutionContext, firm: FirmResource) -> Order:
    tag = context.run.tags.get(MODE_TAG, "backfill")
    if tag not in MODES:
        raise dg.Failure(f"Run tag {MODE_TAG}: {tag!r} is none of {', '.join(MODES)}.", allow_retries=False)
    mode: Mode = tag
    months = [date.fromisoformat(f"{key}-01") for key in context.partition_keys]
    return Order(
        mode=mode,
        first=min(months),
        last=max(months),
        now=datetime.now(UTC),
        run=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{context.run.run_id[:8]}",
        no_show_days=firm.settings.ingest.no_show_days,
    )


def _pull_metadata(pulled: "Pulled") -> dict[str, Any]:
    from calendly_pipeline.sources.pulls import summary

    accounts = {report.account: report.state for report in pulled.reports}
    failures = {report.account: report.failure for report in pulled.reports if report.failure}
    failed = {PULL_FAILURES: failures} if failures else {}
    notes = [f"{report.account}: {note}" for report in pulled.reports for note in report.notes]
    return {"accounts": accounts, **summary(pulled.reports), **({"notes": notes} if notes else {}), **failed}


def _failure(error: PipelineError, metadata: dict[str, Any]) -> dg.Failure:
    return dg.Failure(str(error), metadata=metadata, allow_retries=error.retry_helps)
