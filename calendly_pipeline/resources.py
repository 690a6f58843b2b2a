"""Dagster resources: the firm's home, its warehouse, its state store, and the clock of a run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from calendly_pipeline import environment
from calendly_pipeline.failures import WarehouseBusy
from calendly_pipeline.home import Home
from calendly_pipeline.maintained import Maintenance
from calendly_pipeline.run_history import kept_open
from calendly_pipeline.warehouse import LONGEST_WAIT_SECONDS, opened, own_errors, wanted_mark

if TYPE_CHECKING:
    from calendly_pipeline.settings import Settings
    from calendly_pipeline.sql_files import SqlFile
    from calendly_pipeline.state import State

AS_OF_TAG = "pipeline/as_of"
REFRESH_WAIT_SECONDS = 600
TURN_SECONDS = 2 * LONGEST_WAIT_SECONDS
"""How long a run leaves the warehouse to whoever waits for it, between two steps."""


class FirmResource(dg.ConfigurableResource):
    """The firm whose data this run works on: home, settings and state store."""

    root: str

    @property
    def home(self) -> Home:
        """Paths of the firm."""
        return Home(Path(self.root))

    @property
    def settings(self) -> "Settings":
        """pipeline.toml as it is now."""
        from calendly_pipeline.settings_file import load_settings  # its models take long to build

        return load_settings(self.home.settings_file)

    def sql_parameters(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dict[str, Any]:
        """What SQL models may ask for, with this run's clock."""
        return self.settings.sql_parameters(as_of(context))

    @contextmanager
    def state(self) -> Iterator["State"]:
        """The state store at its newest version."""
        from calendly_pipeline.state import State  # brings SQLAlchemy

        store = State(environment.state_url(self.home))
        try:
            store.upgrade()
            yield store
        finally:
            store.close()


class WarehouseResource(DuckDBResource):
    """DuckDBResource that always closes, waits a bounded time, and lets one run write at a time.

    Dagster's own resource keeps the file locked after an exception; and a pool's slot is lost when a process is
    killed. The run therefore holds an operating-system lock from its first step to its last. Its steps share a
    connection, since opening a warehouse costs more than most steps; it is closed after a step that failed, and
    whenever another process waits for the file.
    """

    _shared: Any = PrivateAttr(default=None)
    _is_in_run: bool = PrivateAttr(default=False)
    _maintenance: Maintenance | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WarehouseResource"]:
        """Hold the refresh lock for the life of the run; it is freed by the system when the process dies."""
        path = Path(self.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path.with_suffix(".lock"), timeout=REFRESH_WAIT_SECONDS):
                self._is_in_run = True
                try:
                    with _history_of(context):
                        yield self
                finally:
                    self._is_in_run = False
                    self._close()
        except Timeout as error:
            raise WarehouseBusy(
                f"Another run has been writing the warehouse for {REFRESH_WAIT_SECONDS} s.",
                "Try again when it is done.",
            ) from error

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A writing connection; within a run that of the step before, where nobody else waits for the file."""
        path = Path(self.database)
        with own_errors(path):
            if self._shared is None:
                self._shared = opened(path, read_only=False, wait_seconds=60)
            try:
                yield self._shared
            except BaseException:
                self._close()
                raise
            if not self._is_in_run:
                self._close()
            elif wanted_mark(path).exists():
                self._close()
                wanted_mark(path).unlink(missing_ok=True)  # whoever still waits makes it again
                time.sleep(TURN_SECONDS)

    @contextmanager
    def maintenance(self, models: "Sequence[SqlFile]") -> Iterator[Maintenance]:
        """What keeps a stage's tables up to date, in the run's connection."""
        with self.get_connection() as connection:
            if self._maintenance is None or self._maintenance.connection is not connection:
                self._maintenance = Maintenance(connection, models)
            yield self._maintenance

    def _close(self) -> None:
        self._maintenance = None
        if self._shared is not None:
            self._shared.close()
            self._shared = None


def _history_of(context: dg.InitResourceContext) -> AbstractContextManager[None]:
    """Dagster's files of this run stay open, unless there is no run (a test's resource alone)."""
    if context.instance and context.run:
        return kept_open(context.instance, context.run.run_id)
    return nullcontext()


def as_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> datetime:
    """The run's clock: its tag, else PIPELINE_AS_OF, else the moment the run was created."""
    tag = context.run.tags.get(AS_OF_TAG)
    if tag:
        return environment.parse_as_of(tag, f"run tag {AS_OF_TAG}")
    fixed = environment.fixed_as_of()
    if fixed:
        return fixed
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return record.create_timestamp.astimezone(UTC) if record else datetime.now(UTC)


def resources(home: Home) -> dict[str, Any]:
    """The resources of one firm."""
    return {
        "firm": FirmResource(root=str(home.root)),
        "warehouse": WarehouseResource(database=str(home.warehouse)),
    }
