"""Sending to CleverTap: a result per record, nothing twice, nothing against anybody's consent."""

from datetime import timedelta

import pytest

from calendly_pipeline.destinations.clevertap.adapter import make_adapter
from calendly_pipeline.failures import ConsentRefused, MappingError, Unauthenticated
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import State
from calendly_pipeline_tests.conftest import utc
from calendly_pipeline_tests.destinations.clevertap.conftest import Tapping, event, profile, several
from calendly_pipeline_tests.destinations.clevertap.given import tapped
from calendly_pipeline_tests.fakes.clevertap import Campaign, Schema

P1 = "p1@client.example"
ARRIVED, ABSENT = "lost", "cut"


def test_profiles_before_events(tapping: Tapping) -> None:
    """Each kind goes up once, profiles first; a second send has nothing to look up and changes nothing."""
    counts = tapping.send(event(), profile(Name="Ada", Phone="+12125550100"))
    assert (counts.accepted, counts.rejected, counts.unknown) == (2, 0, 0)
    assert [upload.records[0]["type"] for upload in tapping.fake.server.uploads] == ["profile", "event"]
    assert tapping.world.profiles[P1].data == {"Name": "Ada", "Phone": "+12125550100"}
    assert tapping.stored() == [event().key]
    assert tapping.send().planned == 0
    assert len(tapping.fake.server.uploads) == 2


def test_a_thousand_a_call(tapping: Tapping) -> None:
    """1,001 events are two calls."""
    assert tapping.send(*several(1001)).accepted == 1001
    assert sorted(len(upload.records) for upload in tapping.fake.server.uploads) == [1, 1000]


def test_each_record_its_own_outcome(tapping: Tapping) -> None:
    """Bad records are rejected in the vendor's words with its code, those beside them are accepted."""
    bad = event(2, event_name="App Launched")
    counts = tapping.send(event(1), bad, event(3), profile(4, Phone="12"), profile(5, Name="Bo"))
    assert (counts.accepted, counts.rejected) == (3, 2)
    assert tapping.answers()[bad.key].startswith("513: ErrorCode: 513 - Trying to raise a restricted system event")
    assert tapping.outcomes()["profile:p4@client.example"] == "rejected"
    assert tapping.stored() == [event(1).key, event(3).key]


def test_a_server_error_of_one_record_is_tried_in_the_next_run(tapping: Tapping) -> None:
    """555 says that nothing was stored: the record is rejected for now and no look-up is needed."""
    tapping.fake.server.server_errors[P1] = 1
    assert tapping.send(event(1), event(2)).rejected == 1
    assert "the next run sends it again" in tapping.answers()[event(1).key]
    assert tapping.send(event(1)).accepted == 1
    assert tapping.stored() == [event(1).key, event(2).key]


def test_an_answer_that_names_nobody(tapping: Tapping) -> None:
    """When CleverTap does not say which record it refused, all stay unknown and are found by reading back."""
    tapping.fake.server.echo = "neither"
    assert tapping.send(event(1), event(2, event_name="Stayed")).unknown == 2
    tapping.send()
    assert tapping.outcomes() == {event(1).key: "accepted", event(2).key: "unknown"}


def test_a_lost_answer_is_looked_up(tapping: Tapping) -> None:
    """The event is there: the next send finds it by its record key and sends nothing."""
    tapping.fake.server.faults.fail_next(1, ARRIVED, "upload")
    assert tapping.send(event()).unknown == 1
    tapping.send()
    assert tapping.outcomes() == {event().key: "accepted"}
    assert tapping.answers() == {event().key: "found among the events there"}
    assert tapping.stored() == [event().key]


@pytest.mark.parametrize("time_zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("moment", ["2026-06-01T00:30", "2026-06-30T23:30"])
def test_a_month_begins_when_the_project_says(tapping: Tapping, time_zone: str, moment: str) -> None:
    """An event at the edge of a month is found whatever the project's time zone, which nothing tells us."""
    tapping.world.time_zone = time_zone
    tapping.fake.server.faults.fail_next(1, ARRIVED, "upload")
    edge = event(occurred_at=int(utc(moment).timestamp()))
    tapping.send(edge)
    tapping.send()
    assert tapping.outcomes() == {edge.key: "accepted"}


def test_what_is_not_there_yet_stays_unknown(tapping: Tapping) -> None:
    """An event that cannot be read back is given a day; then it did not arrive, and may be sent."""
    tapping.fake.server.faults.fail_next(1, ABSENT, "upload")
    tapping.send(event())
    tapping.send()
    assert tapping.outcomes() == {event().key: "unknown"}
    tapping.now += timedelta(hours=24)
    tapping.send(event())
    assert tapping.outcomes() == {event().key: "accepted"}
    assert "not among the events there 24 hours later" in "".join(tapping.said)
    assert tapping.stored() == [event().key]


def test_events_that_are_read_back_late(tapping: Tapping) -> None:
    """A listing that lags behind makes no event be sent twice."""
    tapping.world.readable_after = timedelta(hours=3)
    tapping.fake.server.now = lambda: tapping.now
    tapping.fake.server.reading.now = lambda: tapping.now
    tapping.fake.server.faults.fail_next(1, ARRIVED, "upload")
    tapping.send(event())
    tapping.send()
    assert tapping.outcomes() == {event().key: "unknown"}
    tapping.now += timedelta(hours=3)
    tapping.send()
    assert tapping.outcomes() == {event().key: "accepted"}
    assert tapping.stored() == [event().key]


@pytest.mark.parametrize("fault", ["500", "502"])
def test_events_that_may_not_be_read(tapping: Tapping, fault: str) -> None:
    """When reading fails nobody knows more than before: the attempt stays unknown, other records go on."""
    tapping.send(event(1))
    tapping.fake.server.faults.fail_next(1, ARRIVED, "upload")
    tapping.send(event(2))
    tapping.fake.server.faults.fail_next(9, fault, "events.json")
    tapping.now += timedelta(days=9)
    assert tapping.send(event(3)).accepted == 1
    assert tapping.outcomes()[event(2).key] == "unknown"


def test_profiles_are_repeated_at_once(tapping: Tapping) -> None:
    """A lost answer to profiles is no unknown outcome."""
    tapping.fake.server.faults.fail_next(1, ARRIVED, "upload")
    assert tapping.send(profile(Name="Ada")).accepted == 1
    assert tapping.world.profiles[P1].times_written == 2


def test_a_lost_ledger_doubles_nothing(tapping: Tapping) -> None:
    """A firm that starts with a new state store finds its events there; only what is missing is sent."""
    tapping.send(event(1), event(2))
    tapping.fake.server.reading.page_size = 1
    with tapping.state.transaction() as connection:
        connection.exec_driver_sql("delete from sync_ledger")
    counts = tapping.send(event(1), event(2), event(3))
    assert (counts.skipped, counts.accepted) == (2, 1)
    assert set(tapping.outcomes().values()) == {"accepted"}
    assert tapping.stored() == [event(number).key for number in (1, 2, 3)]


def test_a_storm_of_refusals(tapping: Tapping) -> None:
    """429 is waited out, and what was refused unread is sent again in the same run; nothing arrives twice."""
    tapping.fake.server.faults.fail_next(2, "429", "upload")
    assert tapping.send(event(), profile(2, Name="Bo")).accepted == 2
    assert tapping.stored() == [event().key]


def test_no_room_at_all(tapping: Tapping) -> None:
    """When every attempt is refused for its number the run stops; nothing is unknown, and the next run goes on."""
    tapping.fake.server.faults.fail_next(3, "429", "upload")
    stopped = tapping.send(*several(3))
    assert (stopped.unknown, stopped.accepted, "too many requests" in stopped.stopped_because) == (0, 0, True)
    assert tapping.send(*several(3)).accepted == 3


def test_a_wrong_passcode_stops_before_anything(tapping: Tapping) -> None:
    """401 is found by a reading; no record is tried."""
    tapping.passcode = "WRONG"
    with pytest.raises(Unauthenticated):
        tapping.send(event())
    assert (tapping.outcomes(), list(tapping.fake.server.uploads)) == ({}, [])


def test_mistakes_are_found_before_the_first_request(tapping: Tapping) -> None:
    """Every mistake of the mapping is in one refusal, each with its remedy; not even the login is tried."""
    with pytest.raises(MappingError, match=r"the nearest is 'name'.*an event of CleverTap's own") as raised:
        tapping.send(event(), profile={"nam": "Name"}, event_name="Charged")
    assert raised.value.exit_code == 3
    assert list(tapping.fake.server.requests) == []


def test_consent_is_not_written(tapping: Tapping) -> None:
    """A payload with a switch of somebody's channels stops everything before the first record."""
    for record in (profile(**{"MSG-email": True}), event(properties={"category-resubscribe": ["x"]})):
        with pytest.raises(ConsentRefused):
            tapping.send(event(9), record)
    assert tapping.world.events == []


def test_somebody_unsubscribed_stays_so(tapping: Tapping) -> None:
    """Through updates, resync and every strategy: the switch stands as the person left it, and is never written."""
    tapping.send(profile(Name="Ada"))
    tapping.world.unsubscribe(P1, "MSG-email", "MSG-sms")
    strategies = ({}, {"merge_strategy": "append_only"}, {"merge_strategy": "ignore_existing"}, {"keep_existing": True})
    for number, rules in enumerate(strategies):
        tapping.send(profile(1, {"Name": "Ada"}, Name=f"Ada {number}"), **rules)
    data = tapping.world.profiles[P1].data
    assert (data["MSG-email"], data["MSG-sms"], tapping.world.consent_writes) == (False, False, [])


@pytest.mark.parametrize(
    ("rules", "name", "city"),
    [
        ({}, "Ada Park", "Bern"),
        ({"merge_strategy": "append_only"}, "Typed", "Bern"),
        ({"keep_existing": True}, "Typed", "Bern"),
        ({"merge_strategy": "ignore_existing"}, "Typed", None),
        ({"field_strategies": {"Name": "append_only"}}, "Typed", "Bern"),
    ],
    ids=["overwrite", "append_only", "keep_existing", "ignore_existing", "of one field"],
)
def test_merge_strategies(tapping: Tapping, rules: dict[str, object], name: str, city: str | None) -> None:
    """What somebody typed is replaced, left alone or filled up as the firm decided; it is read before it is written."""
    tapping.fake.upload({"type": "profile", "identity": P1, "profileData": {"Name": "Typed"}})
    tapping.send(profile(Name="Ada Park", City="Bern"), profile(2, Name="Bo"), **rules)
    data = tapping.world.profiles[P1].data
    assert (data["Name"], data.get("City")) == (name, city)
    assert tapping.world.profiles["p2@client.example"].data == {"Name": "Bo"}


def test_a_blank_is_an_empty_text(tapping: Tapping) -> None:
    """What is no longer known is blanked, so that a template's default stands in."""
    tapping.send(profile(Name="Ada", Phone="+12125550100"))
    tapping.send(profile(1, {"Name": "Ada", "Phone": "+12125550100"}, Phone=None))
    assert tapping.world.profiles[P1].data == {"Name": "Ada", "Phone": ""}


def test_backfills_trigger_no_campaign(tapping: Tapping) -> None:
    """Only what is news sends a message; what is old says so, and a campaign may leave it out."""
    tapping.world.campaigns.append(Campaign("Thanks", "Review scheduled", unless={"is_backfill": True}))
    old = event(2, properties={"record": event(2).key, "is_backfill": True})
    tapping.send(event(1), old)
    assert tapping.world.messages == [("Thanks", P1)]


def test_what_the_schema_drops(tapping: Tapping) -> None:
    """CleverTap says success and drops in silence; what was accepted is not sent again and again."""
    tapping.world.schema = Schema({}, frozenset())
    assert tapping.send(event(), profile(Name="Ada")).accepted == 2
    assert (tapping.world.events, len(tapping.world.error_stream)) == ([], 2)


def test_a_call_that_is_refused_whole_is_halved(tapping: Tapping) -> None:
    """A refusal of the whole call that names no record is narrowed down to the records at fault."""
    answer = tapping.fake.server._upload

    def picky(body: bytes, is_dry_run: bool) -> tuple[int, dict[str, object]]:
        return (413, {"status": "fail", "error": "Too large"}) if b"p3@" in body else answer(body, is_dry_run)

    tapping.fake.server._upload = picky
    counts = tapping.send(*several(8))
    assert (counts.accepted, counts.rejected) == (7, 1)
    assert "Too large" in tapping.answers()[event(3).key]


@pytest.mark.parametrize(
    ("region", "url"), [("eu1", "https://api.clevertap.com"), ("in1", "https://in1.api.clevertap.com")]
)
def test_the_host_of_a_region(state: State, monkeypatch: pytest.MonkeyPatch, region: str, url: str) -> None:
    """An adapter asks the host of the account's region; without id, passcode or table there is none."""
    chosen = tapped(region=region)
    assert make_adapter(chosen, state) is None
    monkeypatch.setenv("CLEVERTAP_ACCOUNT_ID", "TEST-ABC-123Z")
    assert make_adapter(chosen, state) is None
    monkeypatch.setenv("CLEVERTAP_PASSCODE", "secret")
    adapter = make_adapter(chosen, state)
    assert adapter is not None
    assert (adapter.client.base_url, adapter.parallel, adapter.client.concurrency) == (url, 15, 15)
    assert "secret" not in repr(adapter.client.tokens)
    assert make_adapter(Settings(), state) is None
