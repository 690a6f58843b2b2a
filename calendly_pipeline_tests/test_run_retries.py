"""A run is started once more only where that can help: its process died. A step that failed is not tried again."""

import shutil
from pathlib import Path

import dagster as dg
from dagster._core.events import JobFailureData
from dagster._core.execution.retries import auto_reexecution_should_retry_run

from calendly_pipeline.home import REPOSITORY


@dg.op
def refused() -> None:
    """Stands for a pull whose token was rejected."""
    raise dg.Failure("the token was refused", allow_retries=False)


@dg.job
def pull() -> None:
    """A job of one step."""
    refused()


def test_a_rejected_token_is_not_tried_again_and_a_killed_worker_is(tmp_path: Path) -> None:
    """By the instance's own settings: no second run after a failed step, one after a process that died."""
    shutil.copyfile(REPOSITORY / "dagster.yaml", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        failed = pull.execute_in_process(instance=instance, raise_on_error=False).run_id
        assert _is_tried_again(instance, failed) is False
        killed = instance.create_run_for_job(pull)
        instance.report_run_failed(killed)
        assert _is_tried_again(instance, killed.run_id) is True
        by_hand = instance.create_run_for_job(pull, tags={"dagster/max_retries": "0"})
        instance.report_run_failed(by_hand)
        assert _is_tried_again(instance, by_hand.run_id) is False


def _is_tried_again(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.FAILURE
    (event,) = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert event.dagster_event is not None
    data = event.dagster_event.event_specific_data
    reason = data.failure_reason if isinstance(data, JobFailureData) else None
    return auto_reexecution_should_retry_run(instance, run, reason)
