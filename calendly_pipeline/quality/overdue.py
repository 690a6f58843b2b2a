"""Assets that were not built in time, or never, as Dagster's freshness policies have it.

The tables that a refresh builds are overdue together, so they are one finding: the most upstream by name, the rest by
number. Pulls are judged by their landed manifests (`contents.py`), which know one account from another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.contents import TABLES
from calendly_pipeline.quality.freshness import DAY_WINDOW, PULL, REFRESH_WINDOW, SENT
from calendly_pipeline.quality.wording import moment
from calendly_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import AssetRecord  # brings SQLAlchemy

REBUILD = "see the newest run of refresh, or run `calendly-pipeline run`"


@dataclass(frozen=True)
class Overdue:
    """Keys in the order of the graph, most upstream first."""

    late: Sequence[dg.AssetKey]
    never: Sequence[dg.AssetKey]
    built_at: Mapping[dg.AssetKey, datetime]


def overdue(
    instance: dg.DagsterInstance,
    repository: dg.RepositoryDefinition,
    settings: Settings,
    *,
    is_in_use: bool,
    is_explained: bool,
) -> Iterator[Finding]:
    """Tables not rebuilt in time, and destinations switched on that nothing was sent to.

    A firm that never brought anything expects no table, a destination that is switched off no sending.
    """
    found = _observed(instance, repository)
    if is_in_use:
        yield from _tables(found, settings, is_explained)
    for key in (*found.late, *found.never):
        if _is_sent(key) and _is_switched_on(key, settings):
            yield _unsent(key, found.built_at.get(key), settings)


def freshness_states(instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> dict[dg.AssetKey, str]:
    """PASS, WARN, FAIL or UNKNOWN, as Dagster's daemon found last; it is no public call, so it is made only here."""
    return {key: record.freshness_state.value for key, record in instance.get_freshness_state_records(keys).items()}


def built_at(record: "AssetRecord") -> datetime | None:
    """When the asset was built last."""
    last = record.asset_entry.last_materialization_record
    return datetime.fromtimestamp(last.timestamp, UTC) if last else None


def table_of(key: dg.AssetKey) -> str:
    """`stage.table`."""
    return ".".join(key.path)


def _observed(instance: dg.DagsterInstance, repository: dg.RepositoryDefinition) -> Overdue:
    keys = [key for key in repository.asset_graph.toposorted_asset_keys if not key.path[-1].endswith(PULL)]
    states = freshness_states(instance, keys)
    moments = {record.asset_entry.asset_key: built_at(record) for record in instance.get_asset_records(keys)}
    built = {key: at for key, at in moments.items() if at is not None}
    late = [key for key in keys if states.get(key) == "FAIL" and key in built]
    return Overdue(late, [key for key in keys if key not in built], built)


def _tables(found: Overdue, settings: Settings, is_explained: bool) -> Iterator[Finding]:
    late = [key for key in found.late if not _is_sent(key)]
    if late:
        since = moment(found.built_at[late[0]], settings)
        text = f"{_and_more(late)} not rebuilt since {since}; {REBUILD}"
        yield Finding("error", "tables", text, TABLES, table_of(late[0]), is_consequence=is_explained)
    never = [key for key in found.never if not _is_sent(key)]
    if never:
        text = f"{_and_more(never)} never built; {REBUILD}"
        first = table_of(never[0])
        yield Finding("error", "tables", text, TABLES, first, REFRESH_WINDOW, is_consequence=is_explained)


def _unsent(key: dg.AssetKey, sent_at: datetime | None, settings: Settings) -> Finding:
    destination = _destination(key)
    since = f"since {moment(sent_at, settings)}" if sent_at else "yet, though it is switched on"
    text = f"nothing sent to {destination} {since}; see the newest run of send_{destination}"
    grace = timedelta(0) if sent_at else DAY_WINDOW
    return Finding("error", destination, text, f"sent:{destination}", table_of(key), grace)


def _destination(key: dg.AssetKey) -> str:
    return key.path[-1].removesuffix(SENT)


def _is_sent(key: dg.AssetKey) -> bool:
    return key.path[0] == "destinations" and key.path[-1].endswith(SENT)


def _is_switched_on(key: dg.AssetKey, settings: Settings) -> bool:
    return any(
        name == _destination(key) and destination.enabled
        for name, destination in settings.destinations.configured().items()
    )


def _and_more(keys: Sequence[dg.AssetKey]) -> str:
    more = len(keys) - 1
    return f"{table_of(keys[0])} and {more} more tables were" if more else f"{table_of(keys[0])} was"
