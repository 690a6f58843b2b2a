"""Expectations put to a table: read the batches, ask Great Expectations, say what it found.

What belongs here: the only calls of Great Expectations, imported when they are made because that takes seconds. What
does not: Dagster (`expectation_checks.py`), and what is expected (`<stage>/expectations.py`).
"""

import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from calendly_pipeline.quality.data_docs import DataDocs
from calendly_pipeline.quality.expectations import Batch, Expectation, Suite
from calendly_pipeline.warehouse import run_query

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

SHOWN_VALUES = 5


@dataclass(frozen=True)
class Finding:
    """How one expectation fared. `values` are failing values and how often each occurs, the most frequent first."""

    expectation: Expectation
    passed: bool
    rows_count: int
    bad_count: int
    bad_share: float
    """Of the values that are not null, 0-1."""
    values: tuple[tuple[str, int], ...]
    error: str
    """Why the expectation could not be put to the rows at all; blank: it could."""


def read_batches(
    connection: "duckdb.DuckDBPyConnection", suite: Suite, parameters: Mapping[str, Any]
) -> dict[str, "pd.DataFrame"]:
    """Rows of every batch, so that the warehouse can be closed before they are looked at."""
    return {batch.name: run_query(connection, batch.query, parameters).df() for batch in suite.batches}


def validate(
    suite: Suite, frames: Mapping[str, "pd.DataFrame"], docs: DataDocs, clock: datetime
) -> Iterator[tuple[str, Finding]]:
    """Every finding with the page of the data docs that holds it, `stage.table.batch`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs of modules that Python is going to drop; the version is pinned
        import great_expectations  # noqa: F401 - everything below finds it imported

    for batch in suite.batches:
        name = f"{suite.table}.{batch.name}"
        by_name = {expectation.name: expectation for expectation in batch.expectations}
        result = _result(name, batch, frames[batch.name], clock)
        findings = [
            _finding(by_name[each.expectation_config.meta["name"]], each, len(frames[batch.name]))
            for each in result.results
        ]
        docs.write(name, result, [finding.expectation.name for finding in findings if not finding.passed], clock)
        yield from ((name, finding) for finding in findings)


@cache
def _whole_frame() -> Any:
    """Great Expectations, quiet: no statistics sent, no progress bars, nothing kept but in memory.

    One for the process: each change of a context writes its whole configuration anew.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
    )
    source = gx.get_context(project_config=config, mode="ephemeral").data_sources.add_pandas("warehouse")
    return source.add_dataframe_asset("batch").add_batch_definition_whole_dataframe("all")


def _result(name: str, batch: Batch, frame: "pd.DataFrame", clock: datetime) -> Any:
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.core.run_identifier import RunIdentifier

    suite = gx.ExpectationSuite(name=name)
    for expectation in batch.expectations:
        suite.add_expectation_configuration(_configuration(expectation))
    result = (
        _whole_frame()
        .get_batch({"dataframe": frame})
        .validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_VALUES})
    )
    result.meta = {
        "run_id": RunIdentifier("last run", clock),
        "validation_time": clock.isoformat(),
    }  # no batch's internals
    return expectationSuiteValidationResultSchema.load(result.to_json_dict())  # plain Python, no numbers of numpy's


def _configuration(expectation: Expectation) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=expectation.kind,
        kwargs=dict(expectation.arguments),
        severity=FailureSeverity.WARNING if expectation.level == "warning" else FailureSeverity.CRITICAL,
        description=expectation.means,
        meta={"name": expectation.name},
    )


def _finding(expectation: Expectation, result: Any, rows_count: int) -> Finding:
    said = result.result
    values = [(str(item["value"]), int(item["count"])) for item in said.get("partial_unexpected_counts") or []]
    bad_count = int(said.get("unexpected_count") or 0)
    return Finding(
        expectation=expectation,
        passed=bool(result.success),
        rows_count=rows_count,
        bad_count=bad_count if bad_count or result.success else 1,
        bad_share=float(said.get("unexpected_percent") or 0) / 100,
        values=tuple(sorted(values, key=lambda value: -value[1])[:SHOWN_VALUES]),
        error=_error(result),
    )


def _error(result: Any) -> str:
    told = result.exception_info or {}
    raised = [told] if "raised_exception" in told else list(told.values())
    return next((str(each["exception_message"]) for each in raised if each.get("raised_exception")), "")
