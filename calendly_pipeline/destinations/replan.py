"""Make the plans again from what the last refresh left and what the ledger says now."""

from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from calendly_pipeline.destinations.clevertap.event_names import load_event_names
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline.destinations.ledger import copy_ledger
from calendly_pipeline.failures import WarehouseBusy
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sql_files import SqlFile, sql_files
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse, replace_table

WAIT_SECONDS = 600


def replan(home: Home, settings: Settings, state: State, as_of: datetime) -> None:
    """Rebuild the tables of this stage while no refresh runs; raises WarehouseBusy when one runs too long."""
    try:
        with (
            FileLock(home.warehouse.with_suffix(".lock"), timeout=WAIT_SECONDS),
            open_warehouse(home.warehouse) as open_,
        ):
            rebuild_plans(open_, settings, state, as_of)
    except Timeout as error:
        raise WarehouseBusy(
            f"A run has been writing the warehouse for {WAIT_SECONDS} s.", "Try again when it is done."
        ) from error


def rebuild_plans(connection: duckdb.DuckDBPyConnection, settings: Settings, state: State, as_of: datetime) -> None:
    """The same on an open warehouse."""
    load_fields(connection, lacrm_fields(settings))
    load_event_names(connection, settings)
    copy_ledger(connection, state)
    parameters = settings.sql_parameters(as_of)
    for model in _models():
        replace_table(connection, model.table, model.text, parameters, model.grain)


@cache
def _models() -> tuple[SqlFile, ...]:
    """The models of this stage, each after the ones it reads."""
    folder = Path(__file__).parent
    waiting = {model.table: model for model in sql_files(folder / "sql", folder.name)}
    ordered: list[SqlFile] = []
    while waiting:
        ready = [model for model in waiting.values() if not any(table in waiting for table in model.reads)]
        ordered += ready
        waiting = {table: model for table, model in waiting.items() if model not in ready}
    return tuple(ordered)
