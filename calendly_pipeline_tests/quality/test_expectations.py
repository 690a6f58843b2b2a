"""Every expectation can be asked, can fail, and shows what failed without naming anybody."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.meetings import expectations as meetings_expectations
from calendly_pipeline.quality.data_docs import DataDocs
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.quality.expectations import Batch, Expectation, Suite, between, matching
from calendly_pipeline.quality.validation import read_batches, validate
from calendly_pipeline.resources import AS_OF_TAG, resources
from calendly_pipeline.settings import Settings
from calendly_pipeline.sql_files import tables_read
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.conftest import AS_OF, Tables
from calendly_pipeline_tests.quality.mutants import all_suites

PARAMETERS = Settings().sql_parameters(AS_OF)
PUBLISHED = (
    "meetings.meetings", "meetings.attendees", "meetings.coverage", "contacts.contacts", "contacts.addresses",
    "contacts.identities", "contacts.matches", "contacts.review_queue", "classification.meeting_types",
    "metrics.contact_metrics", "metrics.client_timeline", "destinations.plan",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_to_talk_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations may open no connection."""

    def refused(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refused)


@pytest.fixture
def docs(tmp_path: Path) -> DataDocs:
    """Data docs of a test."""
    return DataDocs(tmp_path / "quality")


def test_every_contract_table_has_a_suite() -> None:
    """What others rely on is expected of."""
    assert set(PUBLISHED) <= {suite.table for suite in all_suites()}


def test_an_empty_firm_meets_every_expectation(
    tables: Tables, docs: DataDocs, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every query runs, every column is there, nothing is said on the terminal, and a firm without data passes."""
    for suite in all_suites():
        for _, finding in validate(suite, read_batches(tables.connection, suite, PARAMETERS), docs, AS_OF):
            assert (finding.passed, finding.error) == (True, ""), finding.expectation.name
    assert capfd.readouterr() == ("", "")


def spoilt(expectation: Expectation) -> dict[str, list[Any]]:
    """Three rows of the columns an expectation looks at, none of them as expected."""
    said = expectation.arguments
    match expectation.kind.removeprefix("expect_column_"):
        case "values_to_be_in_set" | "values_to_match_regex":
            return {said["column"]: ["no such thing!"] * 3}
        case "values_to_be_between":
            low, high = said["min_value"], said["max_value"]
            return {said["column"]: [low - 1.0 if high is None else high + 1.0] * 3}
        case "pair_values_to_be_in_set":
            return {said["column_A"]: ["no such thing!"] * 3, said["column_B"]: ["no such thing!"] * 3}
        case "pair_values_a_to_be_greater_than_b":
            return {said["column_A"]: [-1.0] * 3, said["column_B"]: [1e9] * 3}
        case "values_to_be_unique" | "values_to_not_be_null":
            return {said["column"]: [1.0, 1.0, None]}
    raise AssertionError(f"nothing spoils {expectation.kind}")


@pytest.mark.parametrize("suite", all_suites(), ids=lambda suite: suite.table)
def test_every_expectation_can_fail(suite: Suite, docs: DataDocs) -> None:
    """Rows of which none is as expected fail each expectation."""
    frames = {}
    for batch in suite.batches:
        columns: dict[str, list[Any]] = {}
        for expectation in batch.expectations:
            columns = {**spoilt(expectation), **columns}
        frames[batch.name] = pd.DataFrame(columns)
    findings = [finding for _, finding in validate(suite, frames, docs, AS_OF)]
    assert len(findings) == len(suite.expectations)
    assert [finding.expectation.name for finding in findings if finding.passed or finding.error] == []
    assert all(finding.bad_count and finding.values for finding in findings if finding.expectation.kind != "unique")


def test_an_expectation_that_cannot_be_asked_is_an_error(docs: DataDocs) -> None:
    """A missing column is no failing value but an error that says so."""
    suite = Suite("meetings.meetings", (Batch("odd", "select 1", (between("x", "gone", 0, 1, "It is there."),)),))
    ((_, finding),) = validate(suite, {"odd": pd.DataFrame({"other": [1]})}, docs, AS_OF)
    assert not finding.passed
    assert "gone" in finding.error


def test_names_and_words_are_said_once() -> None:
    """Names are unique per table, every sentence ends, and every query reads the suite's own table."""
    for suite in all_suites():
        names = [expectation.name for expectation in suite.expectations]
        assert len(names) == len(set(names)), suite.table
        assert all(expectation.means.endswith(".") for expectation in suite.expectations), suite.table
        assert all(suite.table in tables_read(batch.query) for batch in suite.batches), suite.table


def test_pages_load_nothing_and_name_nobody(tables: Tables, docs: DataDocs) -> None:
    """The data docs hold no address, only its outline; no script, nothing from another server, no dead link."""
    tables.given("meetings.attendees", {"attendee_id": "a", "address": "Jane Doe@Example.com", "role": "invitee"})
    (suite,) = [suite for suite in meetings_expectations.SUITES if suite.table == "meetings.attendees"]
    findings = [f for _, f in validate(suite, read_batches(tables.connection, suite, PARAMETERS), docs, AS_OF)]
    (found,) = [f for f in findings if f.expectation.name == "addresses_look_like_addresses"]
    assert found.values == (("aaaa aaa@aaaaaaa.aaa", 1),)
    pages = [path.read_text(encoding="utf-8") for path in sorted(docs.folder.glob("*.html"))]
    assert len(pages) == len(suite.batches) + 1
    linked = {target for page in pages for target in re.findall(r'href="([^"#]+)', page)}
    assert linked <= {path.name for path in docs.folder.iterdir()}, "a dead link"
    assert not any("Jane" in page or "<script" in page or "http" in page for page in pages)
    assert "addresses_look_like_addresses" in docs.index.read_text(encoding="utf-8")
    assert "aaaa aaa@aaaaaaa.aaa" in docs.page("meetings.attendees.outlines").read_text(encoding="utf-8")


class Killed(BaseException):
    """The process ends here."""


def test_killed_while_it_writes_the_next_run_finds_whole_files(
    tables: Tables, docs: DataDocs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a run is killed, every page and the list of results are those of before or of after."""
    (suite,) = [suite for suite in meetings_expectations.SUITES if suite.table == "meetings.attendees"]

    def tell(address: str) -> None:
        tables.given("meetings.attendees", {"attendee_id": "a", "address": address, "role": "invitee"})
        list(validate(suite, read_batches(tables.connection, suite, PARAMETERS), docs, AS_OF))

    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in docs.folder.glob("[!.]*")}

    tell("right@example.com")
    before = contents()
    tell("wrong")
    after = contents()
    changed = [name for name in after if after[name] != before[name]]
    assert len(changed) == 3  # a page, the results, the index
    for writes in range(2 * len(changed)):  # a file is synced, then its folder
        tell("right@example.com")
        left = iter(range(writes))

        def killed(handle: int, left: Iterator[int] = left, sync: Callable[[int], None] = os.fsync) -> None:
            if next(left, None) is None:
                raise Killed
            sync(handle)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr("calendly_pipeline.disk.os.fsync", killed)
            tell("wrong")
        assert all(content in (before[name], after[name]) for name, content in contents().items())
    tell("wrong")
    assert contents() == after


def test_a_list_of_results_that_was_cut_is_begun_anew(tables: Tables, docs: DataDocs) -> None:
    """What an older version left half written stops no run; every batch that is asked is listed again."""
    (suite,) = [suite for suite in meetings_expectations.SUITES if suite.table == "meetings.attendees"]
    docs.folder.mkdir()
    (docs.folder / "results.json").write_text('{"meetings.', encoding="utf-8")
    list(validate(suite, read_batches(tables.connection, suite, PARAMETERS), docs, AS_OF))
    listed = json.loads((docs.folder / "results.json").read_text(encoding="utf-8"))
    assert len(listed) == len(suite.batches)


@dg.asset(key=["meetings", "meetings"])
def published() -> None:
    """Stands for the table."""


@dg.asset(deps=[published])
def after() -> None:
    """Stands for what follows."""


class Firm:
    """One asset with two expectations, in Dagster."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home = home
        self.instance = instance

    def run(self, level: Any, statuses: list[str]) -> dg.ExecuteInProcessResult:
        """Run with meetings of these statuses."""
        query = "select status, length(status) as letters from meetings.meetings"
        expected = (
            matching("status_is_short", "status", "^.{1,4}$", "A status is a short word.", level),
            between("letters_are_few", "letters", 1, 4, "It has few letters."),
        )
        suite = Suite("meetings.meetings", (Batch("words", query, expected),))
        with open_warehouse(self.home.warehouse) as connection:
            connection.execute("create or replace table meetings.meetings as select unnest($1) as status", [statuses])
        definitions = dg.Definitions(
            assets=[published, after], asset_checks=expectation_checks([suite]), resources=resources(self.home)
        )
        job = definitions.resolve_implicit_global_asset_job_def()
        tags = {AS_OF_TAG: AS_OF.isoformat()}
        return job.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """A firm in a folder of its own."""
    with dg.instance_for_test() as instance:
        yield Firm(Home(tmp_path), instance)


def test_a_check_says_what_it_found(firm: Firm) -> None:
    """Severity, counts, examples and the page stand in the check's metadata; a warning stops nothing."""
    result = firm.run("error", ["fine", "bad word", "bad word"])
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert result.success
    short, few = checks["status_is_short"], checks["letters_are_few"]
    assert (short.passed, short.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert (few.passed, few.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert short.metadata["bad_rows"].value == 2
    assert short.metadata["rows"].value == 3
    assert short.metadata["bad_share"].value == pytest.approx(0.6667)
    assert "bad word | 2" in str(short.metadata["examples"].value)
    assert Path(str(short.metadata["data_docs"].value)).is_file()


def test_a_blocking_expectation_stops_what_follows(firm: Firm) -> None:
    """What follows a table that breaks its contract is not built; when it holds again, it is."""
    result = firm.run("blocking", ["bad word"])
    assert not result.success
    assert "after" not in {event.step_key for event in result.get_step_success_events()}
    assert firm.run("blocking", ["fine"]).success
