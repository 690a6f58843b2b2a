"""The checks `contents_are_fresh`: what `contents.py` finds, beside the table that holds it.

Gaps between exports are shown by `no_coverage_gaps`.
"""

from collections.abc import Iterator

import dagster as dg

from calendly_pipeline.findings import Finding
from calendly_pipeline.models import asset_key
from calendly_pipeline.quality.contents import late_contents
from calendly_pipeline.quality.facts import facts_with, tables_if_built
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of

NAME = "contents_are_fresh"
BUILT = ("metrics.data_through", "meetings.bookings", "sources.webhook_subscriptions", "sources.webhook_deliveries")
"""What the facts are read from; the checks wait for it."""
CHECKED = {
    "sources.calendly_exports": "The newest Calendly export does not end long ago, unless the API is asked.",
    "sources.calcom_exports": "The newest Cal.com export does not end long ago, unless the API is asked.",
    "sources.pulls": "Every account with a token was pulled within hours.",
    "sources.webhook_deliveries": "Webhooks that came before still come when the API shows bookings, and are taken in.",
    "contacts.contacts": "The CRM's contacts were read within a day by API, or within a month from a file.",
}


def content_checks() -> dg.Definitions:
    """One check per table, all from one list of findings."""
    return dg.Definitions(asset_checks=[_check(table, expects) for table, expects in CHECKED.items()])


def _check(table: str, expects: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset_key(table),
        name=NAME,
        description=expects,
        additional_deps=[asset_key(other) for other in BUILT if other != table],
    )
    def contents_are_fresh(
        context: dg.AssetCheckExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> dg.AssetCheckResult:
        with firm.state() as state, warehouse.get_connection() as connection:
            clock = as_of(context)
            tables = tables_if_built(connection, clock)  # None: a first contact_index, before any refresh
            facts = facts_with(firm.home, firm.settings, state, tables, "read" if tables else "unbuilt")
        found = [finding for finding in late_contents(facts, firm.settings, clock) if finding.asset == table]
        return dg.AssetCheckResult(
            passed=not found,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"bad_rows": len(found), "findings": dg.MetadataValue.md("\n".join(_lines(found)) or "none")},
        )

    return contents_are_fresh


def _lines(found: list[Finding]) -> Iterator[str]:
    yield from (f"- {finding.text}." for finding in found)
