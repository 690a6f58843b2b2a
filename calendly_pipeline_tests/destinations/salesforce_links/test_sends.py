"""Links into Salesforce through the engine: once, only on change, whatever goes wrong on the way."""

import pytest

from calendly_pipeline.failures import SettingsError, Unauthenticated
from calendly_pipeline_tests.destinations.salesforce_links.firm import Firm
from calendly_pipeline_tests.destinations.salesforce_links.given import managed, member, settings
from calendly_pipeline_tests.fakes.salesforce.records import Refused
from calendly_pipeline_tests.fakes.salesforce.world import LINK_KEY, LINK_OBJECT, USER_LINK

EMAIL, URL = "Calendly__usrMail__c", "Calendly__lnk_URL__c"
ADA, BEA = "https://calendly.com/ada", "https://calendly.com/bea"
REVIEW = f"{ADA}/review"


def two_members(firm: Firm) -> tuple[str, str]:
    """Ada with a managed event, and Bea; their users' ids."""
    users = firm.org.world.add_user("Ada@firm.example"), firm.org.world.add_user("bea@firm.example")
    put_two(firm)
    return users


def put_two(firm: Firm, ada: str = ADA) -> None:
    """The two as Calendly has them."""
    firm.put([member("ada", scheduling_url=ada), member("bea")], [managed("review", "ada")])


def writes(firm: Firm) -> list[tuple[str, int]]:
    """Verb and number of records of every request that wrote."""
    return [(called.verb, len(called.records)) for called in firm.org.server.writes()]


def test_everything_once(firm: Firm) -> None:
    """A row per link in one request, both users in another; the second send writes nothing and the plan is empty."""
    ada, bea = two_members(firm)
    counts = firm.send()
    assert firm.links() == {"u-ada:profile": ADA, "u-bea:profile": BEA, "review": REVIEW}
    assert firm.org.world.links_by_key()["review"][EMAIL] == "ada@firm.example"
    assert (firm.user_link(ada), firm.user_link(bea)) == (ADA, BEA)
    assert (counts.accepted, counts.blocked, writes(firm)) == (5, 0, [("upsert", 3), ("update", 2)])
    assert firm.send().accepted == 0
    assert len(writes(firm)) == 2
    assert set(firm.operations().values()) == {"skip"}


def test_only_what_changed(firm: Firm) -> None:
    """A changed profile link is one row and one user; the others are not touched."""
    ada, bea = two_members(firm)
    firm.send()
    put_two(firm, f"{ADA}-alder")
    firm.send()
    assert writes(firm)[2:] == [("upsert", 1), ("update", 1)]
    assert (firm.user_link(ada), firm.org.world.touched[bea]) == (f"{ADA}-alder", 1)


def test_what_stands_there_is_not_written_again(firm: Firm) -> None:
    """Without a ledger everything is found as it should be: nothing is written, and all counts as sent."""
    two_members(firm)
    firm.send()
    with firm.state.transaction() as connection:
        connection.exec_driver_sql("delete from sync_ledger")
    firm.org.server.calls.clear()
    firm.send()
    assert writes(firm) == []
    assert set(firm.operations().values()) == {"skip"}


def test_one_refused_record_is_that_record(firm: Firm) -> None:
    """The others are accepted; the refused one is in the vendor's words and due again."""
    two_members(firm)
    firm.org.world.refused["review"] = ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Links end at the admin")
    counts = firm.send()
    assert (counts.accepted, counts.rejected) == (4, 1)
    assert any("FIELD_CUSTOM_VALIDATION_EXCEPTION: Links end at the admin" in text for text in firm.said)
    firm.org.world.refused.clear()
    assert firm.send().accepted == 1
    assert firm.links()["review"] == REVIEW


def test_a_value_too_long_is_found_before_it_is_sent(firm: Firm) -> None:
    """The record is rejected here, with the field and its length; nothing of it goes out."""
    firm.put([member("ada", scheduling_url="https://calendly.com/" + "a" * 240)])
    firm.org.world.add_user("ada@firm.example")
    counts = firm.send()
    assert (counts.accepted, writes(firm)) == (0, [])
    assert any(f"link has 261 characters, {URL} takes 255; lengthen it in Setup" in text for text in firm.said)


def test_a_user_deactivated_since_the_reading(firm: Firm) -> None:
    """The user's field is left alone; the row is written."""
    ada, _ = two_members(firm)
    firm.org.world.user(ada)["IsActive"] = False
    counts = firm.send()
    assert (firm.user_link(ada), counts.skipped) == (None, 1)
    assert any("no longer active" in text for text in firm.said)


def test_a_lost_answer_leaves_one_row(firm: Firm) -> None:
    """Answers that stay away leave the outcome unknown; the next send finds the rows and writes nothing twice."""
    two_members(firm)
    firm.org.server.faults.fail_next(3, "lost", "upsert")
    counts = firm.send()
    assert (counts.unknown, counts.accepted) == (3, 2)
    touched = dict(firm.org.world.touched)
    counts = firm.send()
    assert (counts.unknown, dict(firm.org.world.touched)) == (0, touched)
    assert len(firm.org.world.links.rows) == 3
    assert set(firm.operations().values()) == {"skip"}


@pytest.mark.parametrize("verb", ["describe", "query", "upsert", "update"])
def test_a_session_that_ends_stops_the_run(firm: Firm, verb: str) -> None:
    """After a 401 nothing more is asked; with a new token the next send finishes."""
    two_members(firm)
    firm.org.server.refusals[verb] = Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if verb == "describe":
        with pytest.raises(Unauthenticated, match="INVALID_SESSION_ID"):
            firm.send()
    else:
        assert "INVALID_SESSION_ID" in firm.send().stopped_because
    assert [called.errors for called in firm.org.server.calls][-1] == ("INVALID_SESSION_ID",)
    firm.org.server.refusals.clear()
    firm.send()
    assert set(firm.operations().values()) == {"skip"}


def test_the_day_ends_in_between(firm: Firm) -> None:
    """Once the organization's requests are used up nothing more is asked; the next send goes on."""
    two_members(firm)
    firm.org.world.daily_limit = 6  # two describes, two queries of links, the upsert, the query of users
    counts = firm.send()
    assert (counts.accepted, counts.rejected) == (3, 2)
    assert "6 of 6 requests used" in counts.stopped_because
    firm.org.world.daily_limit = 100
    assert firm.send().accepted == 2


def test_rows_of_calendlys_connector_are_taken_over(firm: Firm) -> None:
    """A row of the same link and address without a key gets ours, instead of a second one beside it."""
    two_members(firm)
    theirs = firm.org.world.add_row(LINK_OBJECT, {EMAIL: "ada@firm.example", URL: ADA})
    other = firm.org.world.add_row(LINK_OBJECT, {EMAIL: "zoe@firm.example", URL: BEA})
    firm.send()
    rows = firm.org.world.links.rows
    assert (len(rows), rows[theirs][LINK_KEY], rows[other][LINK_KEY]) == (4, "u-ada:profile", None)
    assert writes(firm) == [("upsert", 2), ("update", 1), ("update", 2)]
    firm.send()
    assert len(writes(firm)) == 3


def test_several_rows_of_one_key(firm: Firm) -> None:
    """Where the key is not unique somebody may have doubled it: the record is rejected and names both rows."""
    two_members(firm)
    firm.org.world.links.fields[LINK_KEY].is_unique = False
    ids = [firm.org.world.add_row(LINK_OBJECT, {LINK_KEY: "review"}) for _ in range(2)]
    counts = firm.send()
    assert (counts.accepted, counts.rejected) == (4, 1)
    assert any(f"{ids[0]}, {ids[1]}; delete all but one" in text for text in firm.said)


def test_a_row_that_somebody_deleted_comes_back_whole(firm: Firm) -> None:
    """When its link changes, the row is made again with all its fields."""
    two_members(firm)
    firm.send()
    firm.org.world.links.rows.clear()
    put_two(firm, f"{ADA}-alder")
    firm.send()
    row = firm.org.world.links_by_key()["u-ada:profile"]
    assert (row[EMAIL], row[URL]) == ("ada@firm.example", f"{ADA}-alder")


def test_mirror_blanks_only_what_we_wrote(firm: Firm) -> None:
    """Who left Calendly loses the link, but not one that was typed over ours; without mirror nobody does."""
    ada, bea = two_members(firm)
    firm.send()
    firm.put()
    assert firm.send().accepted == 0
    firm.org.world.user(bea)[USER_LINK] = "https://firm.example/bea"
    firm.settings = settings(mirror=True)
    firm.send()
    assert (firm.user_link(ada), firm.user_link(bea)) == (None, "https://firm.example/bea")
    assert set(firm.links().values()) == {None}


def test_name_and_type_are_found_by_label(firm: Firm) -> None:
    """What `fields` names by label or API name is filled."""
    two_members(firm)
    firm.settings = settings(fields={"name": "Name", "type": "link type"})
    firm.send()
    row = firm.org.world.links_by_key()["review"]
    assert (row["Name"], row["Calendly__lnk_Info__c"]) == ("Review", "Managed event")


def test_one_record_as_a_trial(firm: Firm) -> None:
    """One key sends that record alone."""
    two_members(firm)
    firm.send("review")
    assert (list(firm.links()), writes(firm)) == (["review"], [("upsert", 1)])


def test_batches_can_be_smaller(firm: Firm) -> None:
    """A firm whose triggers are slow takes fewer rows a request."""
    two_members(firm)
    firm.settings = settings(batch_size=2)
    assert firm.send().accepted == 5
    assert writes(firm) == [("upsert", 2), ("upsert", 1), ("update", 2)]


def test_half_a_login_is_named(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token without its address is a mistake, not a missing destination."""
    monkeypatch.delenv("SALESFORCE_INSTANCE_URL")
    with pytest.raises(SettingsError, match="SALESFORCE_INSTANCE_URL is not set"):
        firm.send()
