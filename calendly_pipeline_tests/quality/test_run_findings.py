"""What Dagster's own records show: failed runs and checks, overdue assets; one finding per cause."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange, TimeWindowFreshnessPolicy

from calendly_pipeline.definitions import build
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import Home
from calendly_pipeline.quality.contents import late_contents
from calendly_pipeline.quality.facts import Access, Facts
from calendly_pipeline.quality.freshness import window_of
from calendly_pipeline.quality.run_findings import Seen, explained, run_findings
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import utc
from calendly_pipeline_tests.quality.toy import ORDER, Toy

SENDING = Settings.model_validate({"destinations": {"lacrm": {"enabled": True}}})


@pytest.fixture(scope="module")
def toy() -> Toy:
    """One code location for all tests of this module."""
    return Toy()


@pytest.fixture
def instance(toy: Toy) -> Iterator[dg.DagsterInstance]:
    """A throw-away instance in which everything was built once."""
    toy.broken, toy.failing, toy.refused = {}, set(), {}
    with dg.DagsterInstance.ephemeral() as instance:
        for key in toy.repository.asset_graph.get_all_asset_keys():
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
        yield instance


def look(instance: dg.DagsterInstance, toy: Toy, settings: Settings | None = None, *, in_use: bool = True) -> Seen:
    """One look."""
    return run_findings(instance, toy.repository, settings or Settings(), is_in_use=in_use)


def causes(found: Seen) -> list[str]:
    """What would open an alert."""
    return [finding.cause for finding in found.findings if not finding.is_consequence]


def turn(instance: dg.DagsterInstance, name: str, state: FreshnessState) -> None:
    """What Dagster's daemon notes when an asset's freshness changes."""
    change = FreshnessStateChange(
        key=dg.AssetKey(name.split(".")),
        new_state=state,
        previous_state=FreshnessState.PASS,
        state_change_timestamp=1.0,
    )
    instance._report_runless_asset_event(change)  # what its own daemon calls


def test_nothing_failed_is_no_finding(toy: Toy, instance: dg.DagsterInstance) -> None:
    """Everything built and every check passed."""
    assert look(instance, toy) == Seen()


def test_a_failed_run_is_named_by_its_root_and_over_when_that_is_built(toy: Toy, instance: dg.DagsterInstance) -> None:
    """One finding for a broken step and what follows it, without the error's own words, which may quote a row."""
    toy.broken = {"meetings.meetings": "GrainViolated"}
    toy.run(instance)
    (found,) = look(instance, toy).findings
    assert found.cause == "failed:meetings.meetings"
    assert "job refresh failed at meetings.meetings: a model gave two rows of one key" in found.text
    assert "@" not in found.text
    toy.broken = {}
    toy.run(instance)
    assert look(instance, toy) == Seen()


def test_an_error_that_is_not_ours_is_named_by_its_class(toy: Toy, instance: dg.DagsterInstance) -> None:
    """A fault in the code says what it is, and no more."""
    toy.broken = {"sources.files": "no class of ours"}
    toy.run(instance)
    (found,) = look(instance, toy).findings
    assert "failed at sources.files: ValueError." in found.text


def test_an_error_that_may_pass_is_left_to_the_next_run(toy: Toy, instance: dg.DagsterInstance) -> None:
    """A held warehouse or an unavailable vendor is told only when it lasts: then the tables are overdue."""
    toy.broken = {"sources.files": "WarehouseBusy"}
    toy.run(instance)
    assert causes(look(instance, toy)) == []
    turn(instance, "sources.files", FreshnessState.FAIL)
    assert causes(look(instance, toy)) == ["tables"]


def test_a_killed_run_is_a_finding_until_its_job_succeeds(toy: Toy, instance: dg.DagsterInstance) -> None:
    """A run that ended though no step failed; one that Dagster starts again by itself is none."""
    job = toy.repository.get_job("refresh")
    for tags in ({"dagster/will_retry": "true"}, {}):
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
        instance.report_run_failed(run)
        assert causes(look(instance, toy)) == ([] if tags else ["failed:refresh"])
    toy.run(instance)
    assert look(instance, toy) == Seen()


def test_a_refused_token_names_its_variable_and_where_a_new_one_is_made(toy: Toy, instance: dg.DagsterInstance) -> None:
    """Per account, at once; an account whose error may pass is left to the next pull."""
    toy.refused = {"default": "Unauthenticated", "north": "Unavailable"}
    toy.run(instance, "ingest")
    (found,) = look(instance, toy).findings
    assert found.cause == "pull:calendly:default"
    assert found.text == (
        "nothing is pulled from Calendly: the token in CALENDLY_ACCESS_TOKEN was refused. Make a new one in Calendly "
        "under Integrations, API & Webhooks, and put it into .env, or `calendly-pipeline login` where consent was given"
    )
    toy.refused = {}
    toy.run(instance, "ingest")
    assert look(instance, toy) == Seen()


@pytest.mark.parametrize(
    ("error", "words"),
    [("ScopeMissing", "may not do it"), ("ListingShrank", "a listing lacks far more records")],
)
def test_other_refusals_are_said_in_words(toy: Toy, instance: dg.DagsterInstance, error: str, words: str) -> None:
    """A missing scope and a listing that shrank."""
    toy.refused = {"default": error}
    toy.run(instance, "ingest")
    (found,) = look(instance, toy).findings
    assert words in found.text


def test_a_pull_that_failed_as_a_whole_explains_that_nothing_is_pulled(toy: Toy, instance: dg.DagsterInstance) -> None:
    """A fault before any account was asked is one alert, not a second one hours later."""
    failed = Finding("error", "job ingest", "t", cause="failed:sources.calendly_pull", asset="sources.calendly_pull")
    old = Access("calendly", "default", "T", has_token=True, pulled_at=utc("2026-11-01T00:00"))
    other = Access("calcom", "default", "T", has_token=True, pulled_at=utc("2026-11-01T00:00"))
    late = late_contents(Facts((old, other)), Settings(), utc("2026-11-10T00:00"))
    found = explained([failed], late)
    assert [(item.cause, item.is_consequence) for item in found] == [
        ("pull:calendly:default", True),
        ("pull:calcom:default", False),
    ]


def test_a_blocking_check_explains_the_run_it_stopped(toy: Toy, instance: dg.DagsterInstance) -> None:
    """One finding, with the number of rows and none of them; tables that then grow old open nothing."""
    toy.failing = {"rows_are_usable"}
    toy.run(instance)
    turn(instance, "metrics.contact_metrics", FreshnessState.FAIL)
    found = look(instance, toy)
    assert causes(found) == ["check:sources/files:rows_are_usable"]
    assert [finding.cause for finding in found.findings if finding.is_consequence] == ["tables"]
    assert found.findings[0].text == (
        "check rows_are_usable of sources.files fails, 30 rows. It expects: Rows can be used. "
        "What follows the table was not rebuilt. The UI shows the rows"
    )
    toy.failing = set()
    toy.run(instance)
    turn(instance, "metrics.contact_metrics", FreshnessState.PASS)
    assert look(instance, toy) == Seen()


def test_a_check_that_stops_nothing_explains_nothing(toy: Toy, instance: dg.DagsterInstance) -> None:
    """A failed check beside tables that are not rebuilt for another reason: two causes."""
    toy.failing = {"rows_are_nice"}
    toy.run(instance)
    turn(instance, "metrics.contact_metrics", FreshnessState.FAIL)
    assert causes(look(instance, toy)) == ["check:sources/files:rows_are_nice", "tables"]


def test_a_running_check_is_not_judged(toy: Toy, instance: dg.DagsterInstance) -> None:
    """While the next run is on its way, nobody hears that a failed check is over, nor of the tables behind it."""
    toy.failing = {"rows_are_usable"}
    toy.run(instance)
    instance.create_run_for_job(toy.repository.get_job("refresh"))  # plans its checks
    turn(instance, "metrics.contact_metrics", FreshnessState.FAIL)
    found = look(instance, toy)
    assert "check:sources/files:rows_are_usable" in found.unjudged
    assert causes(found) == []


def test_overdue_tables_are_one_finding_named_by_the_most_upstream(toy: Toy, instance: dg.DagsterInstance) -> None:
    """Forty tables overdue together are one message; it is none for a firm that brought nothing."""
    for name in reversed(ORDER):
        turn(instance, name, FreshnessState.FAIL)
    turn(instance, "sources.calendly_pull", FreshnessState.FAIL)
    (found,) = look(instance, toy).findings
    assert (found.cause, found.asset) == ("tables", "sources.files")
    assert found.text.startswith("sources.files and 2 more tables were not rebuilt since ")
    assert look(instance, toy, in_use=False) == Seen()
    turn(instance, "sources.files", FreshnessState.WARN)
    (found,) = look(instance, toy).findings
    assert found.text.startswith("meetings.meetings and 1 more tables")


def test_a_destination_is_expected_to_be_sent_to_when_it_is_switched_on(toy: Toy, instance: dg.DagsterInstance) -> None:
    """By name alone: any asset of the group `destinations` that ends in `_sent`."""
    turn(instance, "destinations.lacrm_sent", FreshnessState.FAIL)
    assert look(instance, toy) == Seen()
    (found,) = look(instance, toy, SENDING).findings
    assert (found.cause, found.grace) == ("sent:lacrm", timedelta(0))
    assert found.text.startswith("nothing sent to lacrm since ")


def test_what_was_never_built_has_its_first_window(toy: Toy) -> None:
    """A new firm with files, or a destination just switched on, is given the time a first run needs."""
    with dg.DagsterInstance.ephemeral() as empty:
        assert look(empty, toy, in_use=False) == Seen()
        tables, sent = look(empty, toy, SENDING).findings
    assert (tables.cause, tables.grace) == ("tables", timedelta(hours=6))
    assert tables.text.startswith("sources.files and 2 more tables were never built")
    assert sent.grace == timedelta(hours=26)
    assert sent.text.startswith("nothing sent to lacrm yet, though it is switched on")


def test_every_asset_has_a_policy_of_its_group(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pulls hours, the contact index a day, exports a week, everything else six hours; none is left out."""
    graph = build(Home(tmp_path_factory.mktemp("firm"))).resolve_asset_graph()
    windows = {}
    for key in graph.get_all_asset_keys():
        policy = graph.get(key).freshness_policy
        assert isinstance(policy, TimeWindowFreshnessPolicy), key
        windows[".".join(key.path)] = policy.fail_window
    hours = {name: window.to_timedelta().total_seconds() / 3600 for name, window in windows.items()}
    assert (hours["sources.calendly_pull"], hours["sources.calcom_pull"], hours["sources.lacrm_pull"]) == (3, 3, 26)
    assert (hours["sources.calendly_exports"], hours["contacts.matches"], hours["metrics.contact_metrics"]) == (
        168,
        26,
        6,
    )
    assert window_of(dg.AssetKey(["destinations", "brevo_sent"])) == timedelta(hours=26)
