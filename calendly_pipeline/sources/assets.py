"""The sources stage in Dagster: what the tools and address books said, kept as said."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.resources import FirmResource, WarehouseResource
from calendly_pipeline.sources.landing import land
from calendly_pipeline.sources.loading import TABLES, LoadReport, load_folder, refresh_files

STAGE = "sources"
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


def sources() -> dg.Definitions:
    """Landing of dropped files, one table per kind of file, and the SQL that lists what could not be read."""
    return stage_definitions(Path(__file__).parent, [landed_files, file_rows])


def _spec(table: str, description: str, deps: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        [STAGE, table],
        deps=[dg.AssetKey([STAGE, dep]) for dep in deps],
        group_name=STAGE,
        kinds={"python", "file"},
        owners=OWNERS,
        description=description,
    )


@dg.multi_asset(specs=[_spec(table, text, []) for table, text in LANDED.items()])
def landed_files(firm: FirmResource, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Copy what lies in the drop folders into landing. When a file came is a fact, whatever clock the run has."""
    firm.home.create()
    report = land(firm.home, datetime.now(UTC))
    with warehouse.get_connection() as connection:
        refresh_files(connection, firm.home, firm.settings)
        yield materialised(
            connection,
            "sources.files",
            new_files=[file.name for file in report.new],
            seen_before=report.seen_count,
            still_changing=list(report.unsettled),
        )
        yield materialised(connection, "sources.time_zone_labels")


@dg.multi_asset(specs=[_spec(table, text, ["files"]) for table, text in LOADED.items()])
def file_rows(firm: FirmResource, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Read every landed file that was not read before, each whole or not at all."""
    settings = firm.settings
    with warehouse.get_connection() as connection:
        for folder, tables in TABLES.items():
            report = load_folder(connection, firm.home, settings, folder)
            for table in tables:
                yield materialised(connection, f"{STAGE}.{table}", **_metadata(report, folder))
        yield materialised(connection, "sources.unread_rows")


def _metadata(report: LoadReport, folder: str) -> dict[str, Any]:
    if not report.loaded and not report.unchanged_count:
        return {"state": f"not configured: no file in data/{folder}"}
    return {
        "new_files": list(report.loaded),
        "files_read_before": report.unchanged_count,
        "unreadable_files": list(report.unreadable),
    }
