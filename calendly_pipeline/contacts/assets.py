"""The contacts stage in Dagster."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from calendly_pipeline.contacts import expectations, match_expectations
from calendly_pipeline.contacts.lists import TABLES, load_lists
from calendly_pipeline.contacts.review_snapshot import PUBLISHED, publish
from calendly_pipeline.models import OWNERS, asset_key, materialised, stage_definitions
from calendly_pipeline.quality.expectation_checks import expectation_checks
from calendly_pipeline.quality.rate_checks import RateCheck, rate_check
from calendly_pipeline.resources import FirmResource, WarehouseResource, as_of
from calendly_pipeline.warehouse import replace_rows

STAGE = "contacts"
LISTS = {
    "rule_set": "Thresholds of rules.toml and the version of the whole rule set; one row.",
    "rules": "Rules of rules.toml: tier, decision, score and the sentence that explains a match; one row per rule.",
    "mail_domains": "Mail domains of providers, relays and disposable addresses, and slips of the pen for them.",
    "name_shares": "What share of people bears a first name or a surname, by the United States census of 1990.",
    "nicknames": "Names and the forms they are called by.",
    "role_names": "Local parts that name a desk, not a person.",
}
LINKED_RATE = RateCheck(
    name="linking_rate_holds_between_runs",
    table="contacts.matches",
    query="""
        select share_of(matches.contact_id is not null) as rate, count(*) as rows_count
        from (
            select distinct on (attendee_id) *
            from contacts.matches
            where role = 'invitee' and decision <> 'internal'
            order by attendee_id, match_id
        ) as matches
        inner join meetings.meetings as meetings on matches.meeting_id = meetings.meeting_id
        where meetings.starts_at <= $as_of
    """,
    largest_fall=0.05,
    description=(
        "Of the invitees of past meetings no less are linked than in the last run, but for five in a hundred. A fall "
        "means that a rule broke, or that contacts went missing; it is held against the last good run for a week."
    ),
)


def contacts() -> dg.Definitions:
    """SQL models and checks of this folder, and what only Python can bring."""
    return stage_definitions(
        Path(__file__).parent,
        [rule_lists, decisions, phone_numbers, desk],
        [*expectation_checks((*expectations.SUITES, *match_expectations.SUITES)), rate_check(LINKED_RATE)],
    )


@dg.multi_asset(
    name="rule_lists",
    specs=[
        dg.AssetSpec([STAGE, table], group_name=STAGE, kinds={"python", "csv"}, owners=OWNERS, description=text)
        for table, text in LISTS.items()
    ],
)
def rule_lists(warehouse: WarehouseResource):
    """rules.toml and the lists beside it."""
    with warehouse.get_connection() as connection:
        version = load_lists(connection)
        for table in TABLES:
            yield materialised(connection, f"{STAGE}.{table}", rule_set_version=version)


@dg.asset(key=[STAGE, "decisions"], group_name=STAGE, kinds={"python", "sqlite"}, owners=OWNERS)
def decisions(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every decision of the review desk, undone ones too, copied from the state store; one row per decision."""
    from calendly_pipeline.state import decisions as decisions_table  # brings SQLAlchemy

    with firm.state() as state:
        rows = state.rows(decisions_table)
    kept = [_answered(row) for row in rows]
    with warehouse.get_connection() as connection:
        replace_rows(connection, {"contacts.decisions": kept})
        return materialised(connection, "contacts.decisions")


@dg.asset(
    key=[STAGE, "phone_numbers"],
    deps=[asset_key("contacts.attendee_details"), asset_key("contacts.entries")],
    group_name=STAGE,
    kinds={"python"},
    owners=OWNERS,
)
def phone_numbers(firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every telephone number said anywhere, in E.164; one row per distinct text."""
    from calendly_pipeline.contacts.phone_numbers import read_numbers  # brings the numbering plans

    country = firm.settings.firm.default_country
    with warehouse.get_connection() as connection:
        read_numbers(connection, country)
        return materialised(connection, "contacts.phone_numbers", read_as_numbers_of=country)


@dg.asset(
    key=[STAGE, "desk"],
    deps=[asset_key(table) for table in PUBLISHED],
    group_name=STAGE,
    kinds={"python", "duckdb"},
    owners=OWNERS,
)
def desk(context: dg.AssetExecutionContext, firm: FirmResource, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The queue, its evidence and all that `explain` reads, published as data/published/desk.duckdb for the desk."""
    with warehouse.get_connection() as connection:
        size = publish(connection, firm.home.desk, as_of(context), datetime.now(UTC))
        waiting = connection.execute("select count(*) from contacts.review_queue").fetchall()[0][0]
    return dg.MaterializeResult(metadata={"size_bytes": size, "waiting": waiting})


def _answered(decision: dict[str, Any]) -> dict[str, Any]:
    """A decision without what was shown, but for the rule that asked and the contact it proposed."""
    shown = decision["evidence"] or {}
    kept = {name: value for name, value in decision.items() if name != "evidence"}
    return {**kept, "rule": shown.get("rule"), "proposed_contact_id": shown.get("proposed")}
