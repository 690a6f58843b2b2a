"""Which links Salesforce should hold, whose user takes which, and what is left alone."""

from typing import Any

import pytest

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.salesforce_links.given import (
    MODELS,
    Row,
    accepted,
    given,
    managed,
    member,
    plan,
    settings,
    user,
)

ADA = "ada@firm.example"
LINK = "https://calendly.com/ada"
SENT = (accepted(1, "u-ada:profile", email=ADA, link=LINK), accepted(2, "user:005A", link=LINK))


def operations(rows: dict[str, Row]) -> dict[str, str]:
    """Key -> operation."""
    return {key: row["operation"] for key, row in rows.items()}


def test_nothing_is_planned_without_the_table(tables: Tables) -> None:
    """A firm that has no [destinations.salesforce_links] has no row."""
    given(tables, (member("ada"),), (managed("review", "ada"),), (user("005A", ADA),))
    tables.run(*(f"destinations.{name}" for name in MODELS))
    for table in ("salesforce_matches", "salesforce_links_records", "plan"):
        assert tables.rows(f"destinations.{table}") == []


def test_a_row_for_every_link_and_the_users_field(tables: Tables) -> None:
    """The profile and each managed event are rows, by their ids; the matched user takes the profile link."""
    given(tables, (member("ada"),), (managed("review", "ada"),), (user("005A", ADA),))
    rows = plan(tables)
    assert {key: (row["operation"], row["kind"], row["payload"]) for key, row in rows.items()} == {
        "u-ada:profile": ("create", "link", {"email": ADA, "link": LINK}),
        "review": ("create", "link", {"email": ADA, "link": f"{LINK}/review"}),
        "user:005A": ("create", "user", {"link": LINK}),
    }
    assert [rows[key]["label"] for key in ("u-ada:profile", "review")] == ["Ada, profile", "Review, Ada"]


def test_name_and_type_go_along_when_they_have_a_field(tables: Tables) -> None:
    """What `fields` names is filled; the protocol is put before a link that lacks it."""
    given(tables, (member("ada", scheduling_url="calendly.com/ada"),), (managed("review", "ada"),))
    rows = plan(tables, settings(fields={"name": "Name", "type": "Link Type"}))
    assert rows["u-ada:profile"]["payload"] == {"email": ADA, "link": LINK, "name": "Ada", "type": "Profile"}
    assert rows["review"]["payload"]["type"] == "Managed event"
    assert plan(tables, settings(user_field=""))["u-ada:profile"]["payload"] == {"email": ADA, "link": LINK}


def test_without_a_user_field_no_user_is_planned(tables: Tables) -> None:
    """A blank user_field leaves users alone."""
    given(tables, (member("ada"),), users=(user("005A", ADA),))
    assert list(plan(tables, settings(user_field=""))) == ["u-ada:profile"]


@pytest.mark.parametrize(
    "cells",
    [
        {"is_admin_managed": False},
        {"is_admin_managed": None},
        {"is_active": False},
        {"is_listed": False},
        {"is_one_off": True},
        {"scheduling_url": None},
    ],
)
def test_event_types_that_are_no_managed_links(tables: Tables, cells: dict[str, Any]) -> None:
    """Others' own, switched off, deleted and one-off event types have no row."""
    given(tables, (member("ada"),), (managed("review", "ada", **cells),))
    assert "review" not in plan(tables)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"owner_kind": "team", "owner_id": "t1"}, "it belongs to a team, to no one user"),
        ({"owner_id": "u-nobody"}, "its owner is no member of the Calendly organization"),
    ],
)
def test_managed_events_of_no_member_are_listed(tables: Tables, cells: dict[str, Any], reason: str) -> None:
    """A managed event whose owner is nobody's address is blocked with the reason."""
    given(tables, (member("ada"),), (managed("review", "ada", **cells),))
    row = plan(tables)["review"]
    assert (row["operation"], row["reason"], row["payload"]) == ("blocked", reason, {})


@pytest.mark.parametrize(
    ("users", "reason"),
    [
        ((), "no Salesforce user has the address ada@firm.example; another one may be named under hosts.aliases"),
        (
            (user("005A", ADA, is_active=False),),
            "only inactive Salesforce users have the address ada@firm.example: 005A@crm",
        ),
        (
            (user("005A", ADA), user("005B", ADA), user("005C", ADA, is_active=False)),
            "2 active Salesforce users have the address ada@firm.example: 005A@crm, 005B@crm",
        ),
    ],
)
def test_who_is_matched_to_nobody_is_listed(tables: Tables, users: tuple[Row, ...], reason: str) -> None:
    """Unknown, inactive only, several active: the user's row is blocked with the reason; the link row is written."""
    given(tables, (member("ada"),), users=users)
    rows = plan(tables)
    assert operations(rows) == {"u-ada:profile": "create", "calendly:u-ada": "blocked"}
    assert (rows["calendly:u-ada"]["reason"], rows["calendly:u-ada"]["label"]) == (reason, f"Ada, {ADA}")


def test_an_inactive_namesake_does_no_harm(tables: Tables) -> None:
    """Of an active and an inactive user with one address the active one takes the link."""
    given(tables, (member("ada"),), users=(user("005A", ADA, is_active=False), user("005B", ADA)))
    assert operations(plan(tables)) == {"u-ada:profile": "create", "user:005B": "create"}


def test_before_salesforce_was_asked_nobody_is_unknown(tables: Tables) -> None:
    """Without a reading of the users the plan says so, and how to make one."""
    given(tables, (member("ada"),)).given("sources.pulls")
    assert "calendly-pipeline ingest" in plan(tables)["calendly:u-ada"]["reason"]


def test_another_address_of_a_host_matches(tables: Tables) -> None:
    """`hosts.aliases` is asked when nobody has the address itself; one user takes one member's link."""
    chosen = settings({"ada@old.example": ADA})
    given(tables, (member("ada", email="ada@old.example"),), users=(user("005A", ADA),))
    assert plan(tables, chosen)["user:005A"]["payload"] == {"link": LINK}
    given(tables, (member("ada"), member("bea", email="ada@old.example")), users=(user("005A", ADA),))
    rows = plan(tables, chosen)
    assert rows["user:005A"]["payload"] == {"link": LINK}
    assert rows["calendly:u-bea"]["reason"] == "another Calendly user is matched to the same Salesforce user"


def test_what_was_sent_is_up_to_date(tables: Tables) -> None:
    """A second plan after everything was accepted has nothing to send."""
    given(tables, (member("ada"),), users=(user("005A", ADA),), ledger=SENT)
    assert operations(plan(tables)) == {"u-ada:profile": "skip", "user:005A": "skip"}


# The table of cases in the README: what each change in Calendly or Salesforce comes to.


def test_case_link_changed(tables: Tables) -> None:
    """Only the link goes, to the row and to the user."""
    new = "https://calendly.com/ada-alder"
    given(tables, (member("ada", scheduling_url=new),), users=(user("005A", ADA),), ledger=SENT)
    rows = plan(tables)
    assert operations(rows) == {"u-ada:profile": "update", "user:005A": "update"}
    assert [(row["before"], row["payload"]) for row in rows.values()] == [({"link": LINK}, {"link": new})] * 2


@pytest.mark.parametrize("mirror", [False, True])
def test_case_user_deactivated(tables: Tables, mirror: bool) -> None:
    """A deactivated Salesforce user keeps the field; the member is listed as matched to nobody."""
    given(tables, (member("ada"),), users=(user("005A", ADA, is_active=False),), ledger=SENT)
    assert operations(plan(tables, settings(mirror=mirror))) == {"u-ada:profile": "skip", "calendly:u-ada": "blocked"}


def test_case_address_renamed_in_calendly(tables: Tables) -> None:
    """The row's address changes; whoever has the new one takes the link, and the old user keeps it without mirror."""
    renamed = member("ada", email="ada@new.example")
    users = (user("005A", ADA), user("005N", "ada@new.example"))
    given(tables, (renamed,), users=users, ledger=SENT)
    rows = plan(tables)
    assert operations(rows) == {"u-ada:profile": "update", "user:005N": "create", "user:005A": "blocked"}
    assert rows["u-ada:profile"]["payload"] == {"email": "ada@new.example"}
    mirrored = plan(tables, settings(mirror=True))
    assert (mirrored["user:005A"]["operation"], mirrored["user:005A"]["payload"]) == ("update", {"link": None})


def test_case_event_type_made_unmanaged(tables: Tables) -> None:
    """Its row stays, listed; with mirror its link is blanked, and the row stays blank."""
    sent = (*SENT, accepted(3, "review", email=ADA, link=f"{LINK}/review"))
    types = (managed("review", "ada", is_admin_managed=False),)
    given(tables, (member("ada"),), types, (user("005A", ADA),), sent)
    row = plan(tables)["review"]
    assert (row["operation"], row["reason"]) == (
        "blocked",
        "its link is gone from Calendly and stays in Salesforce (mirror is off)",
    )
    assert plan(tables, settings(mirror=True))["review"]["payload"] == {"link": None}
    given(tables, (member("ada"),), types, (user("005A", ADA),), (*sent, accepted(4, "review", link=None)))
    assert set(operations(plan(tables, settings(mirror=True)))) == {"u-ada:profile", "user:005A"}


def test_case_second_user_with_the_address(tables: Tables) -> None:
    """Nobody loses the link, with mirror neither: it is listed that there are two."""
    given(tables, (member("ada"),), users=(user("005A", ADA), user("005B", ADA)), ledger=SENT)
    for mirror in (False, True):
        assert operations(plan(tables, settings(mirror=mirror))) == {
            "u-ada:profile": "skip",
            "calendly:u-ada": "blocked",
        }


@pytest.mark.parametrize(("mirror", "operation"), [(False, "blocked"), (True, "update")])
def test_case_member_left_calendly(tables: Tables, mirror: bool, operation: str) -> None:
    """Row and field stay and are listed; with mirror both are blanked."""
    given(tables, (member("ada", is_listed=False),), users=(user("005A", ADA),), ledger=SENT)
    assert operations(plan(tables, settings(mirror=mirror))) == dict.fromkeys(("u-ada:profile", "user:005A"), operation)


def test_a_link_that_was_blanked_comes_back(tables: Tables) -> None:
    """A member who returns is written again."""
    ledger = (*SENT, accepted(3, "user:005A", link=None))
    given(tables, (member("ada"),), users=(user("005A", ADA),), ledger=ledger)
    assert plan(tables)["user:005A"]["payload"] == {"link": LINK}
