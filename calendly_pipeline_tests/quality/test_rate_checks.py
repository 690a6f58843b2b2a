"""A rate is held against the last good run, as Dagster's history of the check tells it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.quality.rate_checks import RateCheck, rate_check, reference
from calendly_pipeline.resources import AS_OF_TAG, resources
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.conftest import AS_OF

CHECK = RateCheck(
    name="rate_holds",
    table="contacts.matches",
    query="select share_of(contact_id is not null) as rate, count(*) as rows_count from contacts.matches",
    largest_fall=0.05,
    description="The rate holds.",
)


@dg.asset(key=["contacts", "matches"])
def matches() -> None:
    """Stands for the table."""


class Runs:
    """Runs of the check, one day apart, in one Dagster instance."""

    def __init__(self, instance: dg.DagsterInstance, home: Home) -> None:
        self.instance = instance
        self.home = home
        self.day = 0

    def run(self, linked: int, of: int = 100, days_later: int = 1) -> dg.AssetCheckEvaluation:
        """The evaluation when `linked` of so many attendees are linked."""
        self.day += days_later
        with open_warehouse(self.home.warehouse) as connection:
            connection.execute(
                "create or replace table contacts.matches as "
                "select case when range < $1 then 'c' end as contact_id from range($2)", [linked, of]
            )  # fmt: skip
        definitions = dg.Definitions(assets=[matches], asset_checks=[rate_check(CHECK)], resources=resources(self.home))
        (evaluation,) = (
            definitions.resolve_implicit_global_asset_job_def()
            .execute_in_process(
                instance=self.instance,
                tags={AS_OF_TAG: (AS_OF + timedelta(days=self.day)).isoformat()},
            )
            .get_asset_check_evaluations()
        )
        return evaluation


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """A firm without settings, and a throw-away instance."""
    with dg.instance_for_test() as instance:
        yield Runs(instance, Home(tmp_path))


def test_a_fall_is_held_against_the_last_good_run(runs: Runs) -> None:
    """The first run passes, so does a small fall; a large one fails until the rate is back."""
    assert runs.run(80).passed
    assert runs.run(76).passed
    failed = runs.run(70)
    assert not failed.passed
    assert failed.severity == dg.AssetCheckSeverity.WARN
    assert failed.metadata["reference_rate"].value == pytest.approx(0.76)
    assert not runs.run(70).passed
    assert runs.run(75).passed


def test_a_week_later_a_lower_rate_is_the_new_normal(runs: Runs) -> None:
    """A fall that stays for a week is accepted."""
    assert runs.run(80).passed
    assert not runs.run(60).passed
    assert not runs.run(60, days_later=3).passed
    assert runs.run(60, days_later=7).passed


def test_too_few_rows_say_nothing(runs: Runs) -> None:
    """A firm that has just begun passes, and the next run has nothing to compare with."""
    assert runs.run(9, of=10).passed
    assert runs.run(0, of=100).passed


def test_nothing_is_compared_without_history() -> None:
    """No evaluation before, or one without a rate, is no reference."""
    assert reference(None, AS_OF) is None
    assert reference({"passed": True}, AS_OF) is None
