"""What starts by itself after somebody has decided."""

import dagster as dg
import pytest

from calendly_pipeline.automation import made_decisions
from calendly_pipeline.resources import FirmResource
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm


@dg.op
def nothing() -> None:
    """A step."""


@dg.job
def refresh() -> None:
    """A run of this name is under way; what it does is told elsewhere."""
    nothing()


@pytest.fixture
def instance():
    """A Dagster instance without runs."""
    with dg.instance_for_test() as instance:
        yield instance


def test_a_burst_of_decisions_is_one_refresh(desk_firm: DeskFirm, instance: dg.DagsterInstance) -> None:
    """Nothing starts while somebody decides or a refresh runs; then one run does; a refresh's own news starts none."""
    firm = FirmResource(root=str(desk_firm.home.root))
    cursor: str | None = None

    def look() -> list[str]:
        nonlocal cursor
        found = made_decisions(dg.build_sensor_context(instance=instance, cursor=cursor, resources={"firm": firm}))
        if isinstance(found, dg.SkipReason):
            return []
        assert isinstance(found, dg.SensorResult)
        cursor = found.cursor
        return [str(run.run_key) for run in found.run_requests or []]

    assert look() == []
    desk_firm.answer("vera@birch.example", "new_contact")
    assert look() == []
    desk_firm.answer("alders@example.com", "confirm", ("1", "2"))
    assert look() == []
    running = instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED)
    assert look() == []
    instance.delete_run(running.run_id)
    assert look() == ["decisions-3"]
    assert look() == []
    desk_firm.answer("robert.hale@gmial.com", "confirm", ("3",))
    desk_firm.refresh()  # by a schedule, before anybody looked
    assert look() == []
    desk_firm.answer("paul@example.net", "confirm", ("6",))
    assert [look(), look(), look()] == [[], ["decisions-5"], []]
