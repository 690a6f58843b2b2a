"""The checks of links find what they are there to find, and nothing on good rows."""

import pytest

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.salesforce_links.given import (
    accepted,
    given,
    managed,
    member,
    plan,
    settings,
    user,
)

LINK = "https://calendly.com/ada"
GONE = accepted(1, "old", email="ada@firm.example", link=f"{LINK}/old")


@pytest.fixture
def planned(tables: Tables) -> Tables:
    """A plan with a new row, a matched and an unmatched member, and a link that is gone."""
    members = (member("ada"), member("bea"))
    given(tables, members, (managed("review", "ada"),), (user("005A", "ada@firm.example"),), (GONE,))
    plan(tables)
    return tables


@pytest.mark.parametrize("check", ["links_are_whole", "every_member_has_a_verdict"])
@pytest.mark.parametrize("mirror", [True, False])
def test_silent_on_good_rows(planned: Tables, check: str, mirror: bool) -> None:
    """A good plan passes, with blanks where mirror asks for them."""
    chosen = settings(mirror=mirror)
    plan(planned, chosen)
    assert planned.bad_rows("destinations", check, chosen) == []


@pytest.mark.parametrize("check", ["links_are_whole", "every_member_has_a_verdict"])
def test_silent_without_the_table(tables: Tables, check: str) -> None:
    """A firm that sends no links passes."""
    given(tables, (member("ada"),))
    assert tables.bad_rows("destinations", check) == []


@pytest.mark.parametrize("link", ["calendly.com/ada", "https:///ada", None])
def test_a_link_without_its_protocol_and_a_blank(planned: Tables, link: str | None) -> None:
    """Both are found, the blank because mirror is off."""
    planned.connection.execute(
        "update destinations.plan set payload = json_object('link', $1::varchar) where record_key = 'user:005A'", [link]
    )
    (row,) = planned.bad_rows("destinations", "links_are_whole", settings())
    assert (row["record_key"], row["link"]) == ("user:005A", link)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("delete from destinations.plan where record_key = 'u-bea:profile'", "no link row"),
        ("update destinations.salesforce_matches set blocked_reason = null", "neither a user nor a reason"),
        ("delete from destinations.salesforce_matches where name = 'Bea'", "neither a user nor a reason"),
        (
            "update destinations.salesforce_matches set salesforce_user_id = '005A', blocked_reason = null",
            "takes two links",
        ),
    ],
)
def test_a_member_without_a_verdict(planned: Tables, statement: str, problem: str) -> None:
    """A missing row, a missing reason and a user with two links are found."""
    planned.connection.execute(statement)
    (row,) = planned.bad_rows("destinations", "every_member_has_a_verdict", settings())
    assert row["problem"] == problem
