"""What Dagster knows of troubles: failed runs and failed checks, and what became overdue. One finding per cause.

A run that failed is named by the most upstream step that failed; the trouble is over when what failed was built since,
or its job succeeded. Whose error says that another attempt can help is left to the next run: when it lasts, the tables
or the pull become overdue. Assets that a refresh builds are overdue together, so they are one finding.
No error's words are used: they may quote a row. The class of the error says enough, and the run has the rest.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as CheckStatus
from dagster._core.storage.tags import WILL_RETRY_TAG

from calendly_pipeline import failures
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.contents import pull_cause
from calendly_pipeline.quality.freshness import PULL, SENT
from calendly_pipeline.quality.overdue import built_at, overdue, table_of
from calendly_pipeline.quality.wording import NEW_TOKEN, tool
from calendly_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import AssetRecord  # brings SQLAlchemy

PULL_FAILURES = "failures"
"""Metadata of a failed pull: account -> class of the error."""
SPOKEN_FOR = ("webhook_subscriptions_work",)
"""Checks whose trouble `contents.py` tells under its own cause."""
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
BLOCKED = "DagsterAssetCheckFailedError"


@dataclass
class Seen:
    """What was found, and the causes that could not be judged now."""

    findings: list[Finding] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FailedStep:
    """A step of a failed run."""

    keys: tuple[dg.AssetKey, ...]
    """The assets it makes."""
    error: str
    """Class of the error that began it."""
    accounts: Mapping[str, str]
    """Of a pull: account -> class of the error."""


def run_findings(
    instance: dg.DagsterInstance, repository: dg.RepositoryDefinition, settings: Settings, *, is_in_use: bool
) -> Seen:
    """Every trouble that Dagster's own records show."""
    seen = Seen()
    is_blocked = _failed_checks(instance, repository, seen)
    steps = _steps(repository)
    for job in repository.get_all_jobs():
        if not job.name.startswith("__"):
            seen.findings += _failed_run(instance, job.name, steps, repository, settings)
    is_explained = is_blocked or any(_stops_tables(finding) for finding in seen.findings)
    seen.findings += overdue(instance, repository, settings, is_in_use=is_in_use, is_explained=is_explained)
    return seen


def explained(known: Sequence[Finding], late: Sequence[Finding]) -> list[Finding]:
    """The late contents, those as a consequence whose pull failed as a whole."""
    failed = tuple(
        f"pull:{finding.asset.removeprefix('sources.').removesuffix(PULL)}:"
        for finding in known
        if _is_failure(finding)
    )
    return [replace(finding, is_consequence=finding.cause.startswith(failed)) for finding in late]


def _is_failure(finding: Finding) -> bool:
    return finding.cause.startswith("failed:")


def _stops_tables(finding: Finding) -> bool:
    return _is_failure(finding) and not finding.asset.endswith((PULL, SENT))


def _failed_checks(instance: dg.DagsterInstance, repository: dg.RepositoryDefinition, seen: Seen) -> bool:
    """Add a finding per failed check; return whether one keeps tables from being rebuilt, or runs again right now."""
    keys = [key for key in repository.asset_graph.asset_check_keys if key.name not in SPOKEN_FOR]
    is_blocked = False
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key in sorted(latest, key=str):
        record = latest[key]
        cause = f"check:{key.asset_key.to_user_string()}:{key.name}"
        spec = repository.asset_graph.get_check_spec(key)
        if record.status == CheckStatus.PLANNED:
            seen.unjudged.append(cause)
            is_blocked = is_blocked or (spec.blocking and _is_running(instance, record.run_id))
        evaluation = record.evaluation if record.status == CheckStatus.FAILED else None
        if evaluation is not None and evaluation.severity == dg.AssetCheckSeverity.ERROR:
            seen.findings.append(_failed_check(key, spec, evaluation.metadata, cause))
            is_blocked = is_blocked or spec.blocking
    return is_blocked


def _is_running(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and not run.is_finished


def _failed_check(key: dg.AssetCheckKey, spec: dg.AssetCheckSpec, metadata: Mapping[str, Any], cause: str) -> Finding:
    table = table_of(key.asset_key)
    count = metadata.get("bad_rows")
    rows = f", {count.value} rows" if isinstance(count, dg.IntMetadataValue) else ""
    stops = ". What follows the table was not rebuilt" if spec.blocking else ""
    expected = (spec.description or "").strip().split("\n")[0].rstrip(".")
    text = f"check {key.name} of {table} fails{rows}. It expects: {expected}{stops}. The UI shows the rows"
    return Finding("error", f"check {key.name}", text, cause=cause, asset=table)


def _failed_run(
    instance: dg.DagsterInstance,
    job: str,
    steps: Mapping[str, tuple[dg.AssetKey, ...]],
    repository: dg.RepositoryDefinition,
    settings: Settings,
) -> Iterator[Finding]:
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=ENDED), limit=1)
    if not records or records[0].dagster_run.status == dg.DagsterRunStatus.SUCCESS:
        return
    run, ended = records[0].dagster_run, records[0].end_time or 0.0
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return
    failed = _failed_steps(instance, run.run_id, steps)
    if not failed:
        yield from _gone(instance, job, ended, repository)
    waiting = [step for step in failed if step.error != BLOCKED and not _was_built_since(instance, step.keys, ended)]
    for step in waiting:
        yield from _failed_pull(step, settings)
    lasting = [step for step in waiting if not step.accounts and not _retry_helps(step.error)]
    if lasting:
        yield _failed_job(job, lasting, repository)


def _gone(
    instance: dg.DagsterInstance, job: str, ended: float, repository: dg.RepositoryDefinition
) -> Iterator[Finding]:
    selected = repository.get_job(job).asset_layer.selected_asset_keys
    ordered = [key for key in repository.asset_graph.toposorted_asset_keys if key in selected]
    if not _was_built_since(instance, ordered, ended):
        text = f"job {job} ended though no step failed: its process is gone. Run it again; the UI shows the run"
        yield Finding("error", f"job {job}", text, cause=f"failed:{job}", asset=table_of(ordered[0]) if ordered else "")


def _failed_steps(
    instance: dg.DagsterInstance, run_id: str, steps: Mapping[str, tuple[dg.AssetKey, ...]]
) -> list[FailedStep]:
    found = []
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.get_dagster_event()
        data = event.step_failure_data
        error = data.error
        while error is not None and error.cause is not None:
            error = error.cause
        said = data.user_failure_data.metadata.get(PULL_FAILURES) if data.user_failure_data else None
        accounts = said.value if isinstance(said, dg.JsonMetadataValue) and isinstance(said.value, dict) else {}
        name = (error.cls_name if error else None) or "unknown error"
        found.append(
            FailedStep(steps.get(event.step_key or "", ()), name, {str(k): str(v) for k, v in accounts.items()})
        )
    return found


def _failed_pull(step: FailedStep, settings: Settings) -> Iterator[Finding]:
    platform = step.keys[0].path[-1].removesuffix(PULL) if step.keys else ""
    for account, error in sorted(step.accounts.items()):
        if _retry_helps(error):
            continue
        name = tool(platform, account)
        yield Finding(
            "error",
            f"{name} API",
            f"nothing is pulled from {name}: {_refusal(platform, account, error, settings)}",
            cause=pull_cause(platform, account),
            asset=table_of(step.keys[0]),
        )


def _refusal(platform: str, account: str, error: str, settings: Settings) -> str:
    variable = _variable(platform, account, settings)
    if error == "Unauthenticated":
        again = ", or `calendly-pipeline login` where consent was given" if platform == "calendly" else ""
        return f"the token in {variable} was refused. {NEW_TOKEN[platform]}, and put it into .env{again}"
    if error in ("PermissionDenied", "ScopeMissing", "PlanTooLow"):
        return (
            f"the token in {variable} may not do it ({_sentence(error)}). `calendly-pipeline doctor` says what it lacks"
        )
    return f"{_sentence(error)}. The newest run of the pull has the words"


def _failed_job(job: str, failed: Sequence[FailedStep], repository: dg.RepositoryDefinition) -> Finding:
    places = {key: place for place, key in enumerate(repository.asset_graph.toposorted_asset_keys)}
    first = min(failed, key=lambda step: min((places.get(key, len(places)) for key in step.keys), default=len(places)))
    root = table_of(min(first.keys, key=lambda key: places.get(key, 0))) if first.keys else job
    more = f" {len(failed) - 1} more steps failed with it." if len(failed) > 1 else ""
    text = (
        f"job {job} failed at {root}: {_sentence(first.error)}.{more} The last good tables stay; the UI shows the run"
    )
    return Finding("error", f"job {job}", text, cause=f"failed:{root}", asset=root)


def _was_built_since(instance: dg.DagsterInstance, keys: Collection[dg.AssetKey], ended: float) -> bool:
    records = instance.get_asset_records(list(keys))
    return bool(keys) and len(records) == len(keys) and all(_is_newer(record, ended) for record in records)


def _is_newer(record: "AssetRecord", ended: float) -> bool:
    built = built_at(record)
    return built is not None and built.timestamp() > ended


def _steps(repository: dg.RepositoryDefinition) -> dict[str, tuple[dg.AssetKey, ...]]:
    definitions = {id(found): found for found in repository.assets_defs_by_key.values() if found.is_executable}
    return {found.node_def.name: tuple(sorted(found.keys)) for found in definitions.values()}


def _retry_helps(error: str) -> bool:
    kind = getattr(failures, error, None)
    return isinstance(kind, type) and issubclass(kind, PipelineError) and kind.retry_helps


def _sentence(error: str) -> str:
    """What a class of error means; the class of an error that is not ours."""
    kind = getattr(failures, error, None)
    said = (kind.__doc__ or "") if isinstance(kind, type) and issubclass(kind, PipelineError) else ""
    sentence = said.split("\n")[0].replace("`", "").rstrip(".")
    return sentence[:1].lower() + sentence[1:] if sentence else error


def _variable(platform: str, account: str, settings: Settings) -> str:
    if platform == "lacrm":
        return settings.lacrm.token_env
    return next((known.token_env for known in settings.accounts(platform) if known.name == account), "its variable")
