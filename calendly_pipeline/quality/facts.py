"""What is known of how far the data reaches: gathered from settings, tokens, landing, state store and warehouse.

What belongs here: reading. What does not: whether it is late (`contents.py`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import duckdb
from filelock import FileLock, Timeout

from calendly_pipeline import environment
from calendly_pipeline.failures import StoreError, WarehouseBusy
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.summary import gaps
from calendly_pipeline.warehouse import open_warehouse, run_query

if TYPE_CHECKING:
    from calendly_pipeline.state import State

LOOK_SECONDS = 5.0
Warehouse = Literal["read", "unbuilt", "busy", "unreadable"]
"""`unbuilt`: no file, or a first refresh that has not come to its end yet; `busy`: another process holds it."""
SILENT = """
    -- One row per account whose webhooks are expected: one came before, or Calendly has a subscription of ours.
    with ours as (
        select account, created_at, state
        from sources.webhook_subscriptions
        where contains(callback_url, '/webhooks/calendly')
    ),

    heard as (
        select platform, account, max(received_at) as heard_at, 0 as disabled_count
        from sources.webhook_deliveries
        group by platform, account
        union all by name
        select 'calendly' as platform, account, max(created_at) as heard_at, count(*) filter (where state <> 'active')
            as disabled_count
        from ours
        group by account
    ),

    expected as (
        select platform, account, max(heard_at) as heard_at, max(disabled_count)::integer as disabled_count
        from heard
        group by platform, account
    )

    select
        expected.*,
        count(distinct bookings.meeting_id)::integer as missed_count,
        min(bookings.booked_at) as first_missed_at
    from expected
    left join meetings.bookings as bookings
        on expected.platform = bookings.platform
        and expected.account = bookings.account
        and list_contains(bookings.routes, 'api')
        and bookings.booked_at > expected.heard_at
        and bookings.booked_at <= $as_of
    group by all
    order by all
"""


@dataclass(frozen=True)
class Access:
    """An account that may be asked by API."""

    platform: str
    account: str
    variable: str
    """Name of the variable that holds its token."""
    has_token: bool
    by_consent: bool = False
    """The token was given by OAuth, not put into the variable."""
    pulled_at: datetime | None = None
    """When the last complete pull ended."""
    is_pulling: bool = False
    until: date | None = None


@dataclass(frozen=True)
class Reach:
    """How far the files and pulls of an account vouch."""

    platform: str
    account: str
    last_day: date | None
    through_on: date | None
    """Last day before the first gap."""
    is_in_service: bool
    gaps: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True)
class Hearing:
    """What an account's webhooks brought, and what only the API knew."""

    platform: str
    account: str
    heard_at: datetime
    disabled_count: int
    missed_count: int
    first_missed_at: datetime | None


@dataclass(frozen=True)
class Tables:
    """What the warehouse says."""

    reaches: tuple[Reach, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    newest_delivery_id: int = 0
    contacts_landed_at: datetime | None = None
    """When the newest readable contact file came; None: there is none."""


@dataclass(frozen=True)
class Waiting:
    """Deliveries that no refresh has taken in yet."""

    count: int
    since: datetime | None


@dataclass(frozen=True)
class Facts:
    """Everything that the question of freshness needs."""

    accesses: tuple[Access, ...] = ()
    tables: Tables | None = None
    """None unless the warehouse was read."""
    warehouse: Warehouse = "read"
    waiting: Waiting = Waiting(0, None)
    is_in_use: bool = False
    """Anything was ever dropped, pulled or delivered."""


def gather(home: Home, settings: Settings, state: "State", as_of: datetime) -> Facts:
    """All facts; a warehouse that cannot be read now is left out, and said so."""
    tables, warehouse = _read(home, as_of)
    return facts_with(home, settings, state, tables, warehouse)


def facts_with(
    home: Home, settings: Settings, state: "State", tables: Tables | None, warehouse: Warehouse = "read"
) -> Facts:
    """All facts, around what the warehouse was found to say."""
    is_unknown = warehouse in ("busy", "unreadable")
    waiting = Waiting(0, None) if is_unknown else _waiting(state, tables.newest_delivery_id if tables else 0)
    is_in_use = home.has_data() or waiting.count > 0
    return Facts(tuple(_accesses(home, settings, state)), tables, warehouse, waiting, is_in_use)


def tables_if_built(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> Tables | None:
    """What the warehouse says; None until a first refresh has come to its end."""
    try:
        return tables_of(connection, as_of)
    except duckdb.CatalogException:
        return None


def tables_of(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> Tables:
    """What the warehouse says. Raises CatalogException when a model was never built."""
    missing = {
        key: tuple((first, last) for _, _, first, last, _ in rows)
        for key, rows in groupby(gaps(connection), lambda row: (row[0], row[1]))
    }
    ends = connection.execute(
        "select platform, account, last_day, data_through_on, is_in_service from metrics.data_through order by all"
    ).fetchall()
    return Tables(
        tuple(Reach(*row, gaps=missing.get((row[0], row[1]), ())) for row in ends),
        tuple(Hearing(*row) for row in run_query(connection, SILENT, {"as_of": as_of}).fetchall()),
        _one(connection, "select coalesce(max(delivery_id), 0) from sources.webhook_deliveries"),
        _one(connection, "select max(landed_at) from sources.files where folder = 'contacts' and failure is null"),
    )


def _read(home: Home, as_of: datetime) -> tuple[Tables | None, Warehouse]:
    if not home.warehouse.exists():
        return None, "unbuilt"
    try:
        with open_warehouse(home.warehouse, read_only=True, wait_seconds=LOOK_SECONDS) as connection:
            tables = tables_if_built(connection, as_of)
            return tables, "read" if tables else "unbuilt"
    except WarehouseBusy:
        return None, "busy"
    except (duckdb.Error, StoreError):
        return None, "unreadable"


def _accesses(home: Home, settings: Settings, state: "State") -> Iterator[Access]:
    for platform in ("calendly", "calcom"):
        for account in settings.accounts(platform):
            has_variable = environment.secret(account.token_env) is not None
            consent = platform == "calendly" and not has_variable and _has_consent(state, account.name)
            yield _access(home, platform, account.name, account.token_env, has_variable, consent, account.until)
    key = settings.lacrm.token_env
    yield _access(home, "lacrm", "default", key, environment.secret(key) is not None)


def _access(
    home: Home,
    platform: str,
    account: str,
    variable: str,
    has_variable: bool,
    consent: bool = False,
    until: date | None = None,
) -> Access:
    has_token = (has_variable or consent) and not home.is_sample
    pulled_at = _pulled_at(home, platform, account) if has_token else None
    is_pulling = has_token and _is_held(home, platform, account)
    return Access(platform, account, variable, has_token, consent, pulled_at, is_pulling, until)


def _has_consent(state: "State", account: str) -> bool:
    from calendly_pipeline.clients.calendly_oauth import has_consent  # brings the HTTP library

    return environment.secret("CALENDLY_CLIENT_ID") is not None and has_consent(state, account)


def _pulled_at(home: Home, platform: str, account: str) -> datetime | None:
    newest = max(home.pull_manifests(platform, account).glob("*.json"), default=None)
    if newest is None:
        return None
    return datetime.fromisoformat(json.loads(newest.read_text(encoding="utf-8"))["finished_at"])


def _is_held(home: Home, platform: str, account: str) -> bool:
    lock = home.pull_lock(platform, account)
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _waiting(state: "State", loaded_id: int) -> Waiting:
    import sqlalchemy as sa

    from calendly_pipeline.state import in_utc, webhook_deliveries

    columns = webhook_deliveries.c
    query = sa.select(sa.func.count(), sa.func.min(columns.received_at)).where(columns.delivery_id > loaded_id)
    with state.engine.connect() as connection:
        count, since = connection.execute(query).one()
    return Waiting(count, in_utc(since))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    return connection.execute(query).fetchall()[0][0]
