"""Run a job in this process, as `calendly-pipeline run` does; the run shows in the UI like any other."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
from filelock import FileLock

from calendly_pipeline.definitions import build
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.home import Home
from calendly_pipeline.interrupted_runs import PROCESS_TAG, end_interrupted_runs, this_process
from calendly_pipeline.resources import AS_OF_TAG
from calendly_pipeline.run_history import kept_open

Progress = Callable[[str, int, int], None]
"""Called with a step's name, the steps done and the steps there are."""


@dataclass(frozen=True)
class CheckOutcome:
    """One data check of a run."""

    table: str
    name: str
    passed: bool
    is_error: bool
    is_blocking: bool
    bad_rows: int
    description: str


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended. `error` is the first failure that is not a blocking check."""

    run_id: str
    succeeded: bool
    error: BaseException | None
    checks: tuple[CheckOutcome, ...]
    seconds: dict[str, float]
    """Step name -> seconds it took."""
    findings: dict[str, dict[str, Any]]
    """Asset -> the metadata it was materialised with."""


def run_job(
    home: Home,
    job_name: str,
    as_of: datetime | None,
    progress: Progress | None = None,
    tags: Mapping[str, str] | None = None,
    say: Callable[[str], None] | None = None,
    config: Mapping[str, Any] | None = None,
) -> RunOutcome:
    """Execute a job; never raises for a failed step, the outcome says it. `say` hears what steps report.

    `config` is the run's own, e.g. what a send may do.
    """
    listener = _Listener(progress, say)
    definitions = build(home)
    job = definitions.resolve_job_def(job_name).with_logger_defs({"console": _logger(listener)})
    listener.total = len(job.graph.node_dict)
    clock = {AS_OF_TAG: as_of.isoformat()} if as_of else {}
    # Dagster starts a killed run once more; of a command, whoever typed it decides.
    run_tags = {**clock, **(tags or {}), PROCESS_TAG: this_process(), "dagster/max_retries": "0"}
    run_config = {**(config or {}), "loggers": {"console": {"config": {}}}}
    with open_instance(home) as instance:
        end_interrupted_runs(instance)
        with kept_open(instance):
            result = job.execute_in_process(run_config, instance=instance, raise_on_error=False, tags=run_tags)
        checks = tuple(_outcome(definitions, item) for item in result.get_asset_check_evaluations())
        failures = [event.step_failure_data for event in result.get_step_failure_events()]
        findings = {
            ".".join(event.asset_key.path): {
                name: value.value for name, value in event.materialization.metadata.items()
            }
            for event in result.get_asset_materialization_events()
            if event.asset_key is not None
        }
    stopped_by_check = any(not check.passed and check.is_blocking for check in checks)
    error = None if result.success else _first_error(failures, stopped_by_check)
    return RunOutcome(result.run_id, result.success, error, checks, listener.seconds, findings)


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's own. Two processes that make its databases at once fail with `table already exists` (1.13)."""
    with FileLock(home.dagster / ".instance.lock"):
        instance = dg.DagsterInstance.from_config(str(home.dagster))
    with instance:
        yield instance


def _outcome(definitions: dg.Definitions, item: Any) -> CheckOutcome:
    key = item.asset_check_key
    spec = definitions.resolve_asset_graph().get_check_spec(key)
    count = item.metadata.get("bad_rows")
    return CheckOutcome(
        table=".".join(key.asset_key.path),
        name=key.name,
        passed=item.passed,
        is_error=item.severity == dg.AssetCheckSeverity.ERROR,
        is_blocking=spec.blocking,
        bad_rows=int(count.value) if count else 0,
        description=spec.description or "",
    )


def _first_error(failures: list[Any], stopped_by_check: bool) -> BaseException | None:
    for failure in failures:
        chain = _chain(failure.error)
        if not chain or (stopped_by_check and "blocking" in chain[-1].message):
            continue
        error = next((one for one in chain if one.cls_name in OWN_ERRORS), chain[-1])
        told = PipelineError(MODULE.sub("", error.message.strip()))
        told.exit_code = OWN_ERRORS.get(error.cls_name or "", PipelineError).exit_code
        return told
    return None if stopped_by_check else PipelineError("The run failed.", "Open it in the Dagster UI for its log.")


def _chain(error: Any) -> list[Any]:
    """An error and its causes, outermost first."""
    return [] if error is None else [error, *_chain(error.cause)]


def _tree(kind: type[PipelineError]) -> dict[str, type[PipelineError]]:
    return {kind.__name__: kind} | {name: cls for child in kind.__subclasses__() for name, cls in _tree(child).items()}


OWN_ERRORS = _tree(PipelineError)
"""What an error of ours has below it, such as the system's, is for the log."""
MODULE = re.compile(r"^(?:\w+\.)+\w+: ")


class _Listener:
    def __init__(self, progress: Progress | None, say: Callable[[str], None] | None) -> None:
        self.progress = progress
        self.say = say
        self.total = 0
        self.seconds: dict[str, float] = {}

    def __call__(self, event: dg.DagsterEvent) -> None:
        if event.event_type_value == "STEP_START" and self.progress:
            self.progress(_readable(event.step_key), len(self.seconds), self.total)
        if event.event_type_value == "STEP_SUCCESS" and event.step_key:
            self.seconds[event.step_key] = event.step_success_data.duration_ms / 1000
        if event.event_type_value == "STEP_FAILURE" and event.step_key:
            self.seconds[event.step_key] = 0.0


class _Handler(logging.Handler):
    def __init__(self, listener: _Listener) -> None:
        super().__init__(logging.DEBUG)
        self.listener = listener

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if event is not None:
            self.listener(event)
        elif self.listener.say and record.levelno >= logging.INFO:
            self.listener.say(str(getattr(record, "dagster_meta", {}).get("orig_message") or record.getMessage()))


def _logger(listener: _Listener) -> dg.LoggerDefinition:
    @dg.logger
    def quiet(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("calendly_pipeline.run", logging.DEBUG)
        logger.addHandler(_Handler(listener))
        return logger

    return quiet


def _readable(step_key: str | None) -> str:
    return (step_key or "").replace("__", ".", 1)
