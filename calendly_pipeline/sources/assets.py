"""The sources stage in Dagster: what the tools and address books said, kept as said."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from calendly_pipeline.models import OWNERS, materialised, stage_definitions
from calendly_pipeline.resources import FirmResource, WarehouseResource
from calendly_pipeline.sources.landing import land
from calendly_pipeline.sources.loading import load_folder, refresh_files

STAGE = "sources"


def sources() -> dg.Definitions:
    """Landing of dropped files, one table per kind of file, and the SQL that lists what could not be read."""
    loads = [
        _load("calendly", "calendly_exports", "Rows of Calendly exports as said; one row per invitee and file."),
        _load("calcom", "calcom_exports", "Rows of Cal.com exports (bookings list and Insights) as said."),
    ]
    return stage_definitions(Path(__file__).parent, [files, *loads, contact_files])


@dg.asset(key=[STAGE, "files"], group_name=STAGE, kinds={"python", "file"}, owners=OWNERS)
def files(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """One row per content of a dropped file; the bytes are kept in landing, whatever becomes of the drop folder."""
    firm.home.create()
    report = land(firm.home, datetime.now(UTC))  # when a file came is a fact, not a matter of the clock asked for
    with warehouse.get_connection() as connection:
        refresh_files(connection, firm.home, firm.settings)
        return materialised(
            connection,
            "sources.files",
            new_files=[file.name for file in report.new],
            seen_before=report.seen_count,
            still_changing=list(report.unsettled),
        )


def _load(folder: str, table: str, description: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=[STAGE, table], deps=[files], group_name=STAGE, kinds={"python", "csv"}, owners=OWNERS, description=description
    )
    def export_rows(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
        with warehouse.get_connection() as connection:
            report = load_folder(connection, firm.home, firm.settings, folder)
            return materialised(connection, f"{STAGE}.{table}", **_metadata(report, folder))

    return export_rows


@dg.multi_asset(
    name="contact_files",
    specs=[
        dg.AssetSpec(
            [STAGE, table], deps=[files], group_name=STAGE, kinds={"python", "csv"}, owners=OWNERS, description=text
        )
        for table, text in (
            ("crm_contacts", "Contacts and companies of the CRM's export as said."),
            ("address_books", "People of other address books as said."),
        )
    ],
)
def contact_files(firm: FirmResource, warehouse: WarehouseResource):  # noqa: ANN201 - Dagster reads the yields
    """Contact files, told apart by their headers."""
    with warehouse.get_connection() as connection:
        report = load_folder(connection, firm.home, firm.settings, "contacts")
        for table in ("crm_contacts", "address_books"):
            result = materialised(connection, f"{STAGE}.{table}", **_metadata(report, "contacts"))
            yield result._replace(asset_key=dg.AssetKey([STAGE, table]))


def _metadata(report, folder: str) -> dict[str, object]:
    if not report.loaded and not report.unchanged_count:
        return {"state": f"not configured: no file in data/{folder}"}
    return {
        "new_files": list(report.loaded),
        "files_read_before": report.unchanged_count,
        "unreadable_files": list(report.unreadable),
    }
