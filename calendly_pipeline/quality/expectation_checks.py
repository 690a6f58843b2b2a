"""A suite becomes asset checks: one for each expectation, run together, so that its table is read once.

What belongs here: Dagster's side of expectations. A failing value is shown as it is in the batch, where names and
addresses are outlines already.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from calendly_pipeline.models import asset_key
from calendly_pipeline.quality.expectations import Expectation, Suite
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of
from calendly_pipeline.sql_files import tables_read

if TYPE_CHECKING:
    from calendly_pipeline.quality.data_docs import DataDocs
    from calendly_pipeline.quality.validation import Finding


def expectation_checks(suites: Sequence[Suite]) -> list[dg.AssetChecksDefinition]:
    """The checks of a stage's suites."""
    return [_suite_check(suite) for suite in suites]


def _suite_check(suite: Suite) -> dg.AssetChecksDefinition:
    key = asset_key(suite.table)
    read = {table for batch in suite.batches for table in tables_read(batch.query)} - {suite.table}
    specs = [
        dg.AssetCheckSpec(
            each.name,
            asset=key,
            description=each.means,
            blocking=each.level == "blocking",
            additional_deps=[asset_key(table) for table in sorted(read)],
        )
        for each in suite.expectations
    ]

    @dg.multi_asset_check(name=f"{suite.table.replace('.', '__')}__expectations", specs=specs, can_subset=True)
    def expectations(
        context: dg.AssetCheckExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> Iterator[dg.AssetCheckResult]:
        from calendly_pipeline.quality.data_docs import DataDocs
        from calendly_pipeline.quality.validation import read_batches, validate

        asked = {each.name for each in context.selected_asset_check_keys}
        docs = DataDocs(firm.home.quality)
        with warehouse.get_connection() as connection:
            frames = read_batches(connection, suite, firm.sql_parameters(context))
        for page_of, finding in validate(suite, frames, docs, as_of(context)):
            if finding.expectation.name in asked:
                yield _result(key, finding, docs, page_of)

    return expectations


def _result(key: dg.AssetKey, finding: "Finding", docs: "DataDocs", page_of: str) -> dg.AssetCheckResult:
    metadata = {
        "bad_rows": finding.bad_count,
        "bad_share": round(finding.bad_share, 4),
        "rows": finding.rows_count,
        "expected": dg.MetadataValue.json({"kind": finding.expectation.kind, **finding.expectation.arguments}),
        "examples": _examples(finding),
        "data_docs": dg.MetadataValue.path(str(docs.page(page_of))),
    }
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=finding.expectation.name,
        passed=finding.passed,
        severity=_severity(finding.expectation, finding),
        metadata={**metadata, **({"error": finding.error} if finding.error else {})},
    )


def _severity(expectation: Expectation, finding: "Finding") -> dg.AssetCheckSeverity:
    """An expectation that could not be put to the rows says nothing of them: an error, whatever its level."""
    is_warning = expectation.level == "warning" and not finding.error
    return dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR


def _examples(finding: "Finding") -> dg.MetadataValue:
    lines = [f"{value.replace('|', '/')} | {count}" for value, count in finding.values]
    return dg.MetadataValue.md("\n".join(["value | times", "--- | ---", *lines]) if lines else "none")
