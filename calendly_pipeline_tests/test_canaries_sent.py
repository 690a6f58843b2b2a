"""A firm that has sent to all five destinations: no key is anywhere below its home, and who is erased stays erased."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import md5
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, quote_plus

import duckdb
import pytest
from click.testing import CliRunner

from calendly_pipeline import environment
from calendly_pipeline.addresses import among, mentions
from calendly_pipeline.cli import commands
from calendly_pipeline.destinations.sending import Order, Sent, send
from calendly_pipeline.home import Home
from calendly_pipeline.recovery.held_elsewhere import AT_DESTINATIONS
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.conftest import FaultTable
from calendly_pipeline_tests.destinations.contract.conftest import FEW, SECRETS
from calendly_pipeline_tests.destinations.contract.vendor import NAMES, Vendor, given_vendor
from calendly_pipeline_tests.destinations.sample_firm import refresh, sample_firm
from calendly_pipeline_tests.test_canaries import everything_below, spellings

ADDRESSES = ("leonie.willowden@example.org", "l.willowden.home@example.net")
"""Of one contact of the sample firm, who has booked with both."""
NAME = "Leonie Willowden"
CONTACT = "4371427424443270280249816403545"
OWN_MEETINGS = 4
GUEST = (
    "Invitee Email,Invitee Name,Start Date & Time,End Date & Time,"
    "Event Type Name,User Email,Event UUID,Guest Email(s)\n"
    "verity.ravenbourne@example.com,Verity Ravenbourne,2026-06-11 09:00 am,2026-06-11 09:30 am,Portfolio Review,"
    "wale@juniperlane.example,c0ffee00-0000-4000-8000-000000000001,LEONIE.Willowden@Example.org\n"
)
"""Somebody else's meeting that names her, in another spelling."""


class Firm:
    """A firm whose five vendors listen."""

    def __init__(self, home: Home, vendors: dict[str, Vendor], secrets: dict[str, str]) -> None:
        self.home = home
        self.vendors = vendors
        self.secrets = secrets
        self.runs = 0

    def send_all(self) -> dict[str, Sent]:
        """One send to each."""
        self.runs += 1
        sent = {}
        state = State(environment.state_url(self.home))
        for name in self.vendors:
            order = Order(f"{name}-{self.runs}", SAMPLE_AS_OF)
            sent[name] = send(self.home, load_settings(self.home.settings_file), state, name, order, lambda _: None)
        state.close()
        return sent

    def ledger(self) -> list[dict[str, Any]]:
        """Every attempt."""
        state = State(environment.state_url(self.home))
        rows = state.rows(sync_ledger)
        state.close()
        return rows

    def meetings(self) -> int:
        """How many there are."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute("select count(*) from meetings.meetings").fetchall()[0][0]


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """The sample firm with every destination, refreshed and sent."""
    home = sample_firm(tmp_path / "firm", "".join(given_vendor(name).SETTINGS for name in NAMES), FEW)
    (home.drop_folder("calendly") / "guest.csv").write_text(GUEST, encoding="utf-8")
    monkeypatch.setenv("PIPELINE_HOME", str(home.root))
    monkeypatch.setenv("PIPELINE_AS_OF", SAMPLE_AS_OF.isoformat())
    secrets: dict[str, str] = {}

    def set_variable(variable: str, value: str) -> None:
        monkeypatch.setenv(variable, value)
        if variable.endswith(SECRETS):
            secrets[variable] = value

    with ExitStack() as stack:
        vendors: dict[str, Vendor] = {}
        for name in NAMES:
            if name == NAMES[-1]:  # Salesforce's members are given to a warehouse that is there
                calls("ingest")
                refresh(home)
            vendors[name] = stack.enter_context(given_vendor(name).vendor(home, set_variable))
        firm = Firm(home, vendors, secrets)
        sent = firm.send_all()
        assert {name: (one.error, one.counts.rejected) for name, one in sent.items()} == dict.fromkeys(NAMES, (None, 0))
        assert all(one.counts.accepted for one in sent.values())
        yield firm


def calls(*line: str) -> str:
    """What a command that must succeed prints."""
    done = CliRunner().invoke(commands, line)
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done.output


def traces(home: Home) -> list[tuple[str, str]]:
    """Where below a home the person is named, and how: plain, percent-encoded, in base64, or by the address's MD5."""
    coded = [
        form for text in (*ADDRESSES, NAME) for form in (text, quote(text, safe=""), quote_plus(text), packed(text))
    ]
    hashed = [md5(text.encode(), usedforsecurity=False).hexdigest() for text in ADDRESSES]
    holds = among(ADDRESSES)
    found = []
    for where, text in everything_below(home):
        folded = text.casefold()
        found += [(where, form) for form in (*coded, *hashed) if form.casefold() in folded]
        found += [(where, "an address")] * mentions(text, holds)
    return sorted(set(found))


def packed(text: str) -> str:
    """The part of a text's base64 that does not depend on what stands behind it."""
    return b64encode(text.encode()).decode()[: len(text) // 3 * 4]


def leave(firm: Firm) -> None:
    """The person is deleted at the vendors, as the erasure asks for."""
    lacrm, brevo, clevertap, ortto = (cast("Any", firm.vendors[name]) for name in NAMES[:4])
    lacrm.crm.world.delete(CONTACT)
    contacts = brevo.server.world.contacts
    for number in [number for number, contact in contacts.items() if contact.address in ADDRESSES]:
        del contacts[number]
    for address in ADDRESSES:
        clevertap.fake.world.profiles.pop(address, None)
    people = ortto.there.world.people
    gone = {key for key, person in people.items() if person.fields["str::email"] in ADDRESSES}
    ortto.there.world.activities[:] = [act for act in ortto.there.world.activities if act.person_id not in gone]
    for key in gone:
        del people[key]


def nothing_is_sent(firm: Firm) -> None:
    """Another send to each vendor writes nothing: nobody is made again, nobody else is written twice."""
    for vendor in firm.vendors.values():
        vendor.clear()
    there = {name: vendor.state() for name, vendor in firm.vendors.items()}
    sent = firm.send_all()
    assert {name: (one.error, one.counts.planned) for name, one in sent.items()} == dict.fromkeys(NAMES, (None, 0))
    for name, vendor in firm.vendors.items():
        assert (name, vendor.writes(), vendor.doubled()) == (name, 0, [])
        assert vendor.state() == there[name]
        assert not set(ADDRESSES) & set(vendor.addresses())


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_no_key_is_stored_and_nobody_erased_returns(firm: Firm, tmp_path: Path, fault_table: FaultTable) -> None:
    """No key in anything; an erasure leaves nothing of a person; neither a send nor a restore brings them back."""
    cleaned, forgotten = tmp_path / "cleaned", tmp_path / "forgotten"
    output = "".join(calls("backup", str(folder)) for folder in (cleaned, forgotten))
    output += CliRunner().invoke(commands, ["doctor"]).output
    texts = [("output", output), *everything_below(firm.home), *everything_below(Home(cleaned))]
    keys = [spelling for value in firm.secrets.values() for spelling in spellings(value)]
    assert len(firm.secrets) == 5
    assert [where for where, text in texts if any(key in text for key in keys)] == []
    assert {"state.db", "warehouse.duckdb"} <= {where for where, _ in traces(firm.home)}

    meetings, entries = firm.meetings(), len(firm.ledger())
    said = calls("erase", *ADDRESSES, "--apply", "--backup", str(cleaned))
    assert traces(firm.home) == traces(Home(cleaned)) == []
    assert (firm.meetings(), len(firm.ledger())) == (meetings - OWN_MEETINGS, entries)
    for name in NAMES[:4]:
        assert f"Still held elsewhere: {name}: {AT_DESTINATIONS[name]}. Records: " in said
    leave(firm)
    nothing_is_sent(firm)

    said = calls("restore", str(forgotten), "--force")
    assert "were taken out of it again" in said
    calls("rebuild")
    assert traces(firm.home) == []
    assert (firm.meetings(), len(firm.ledger())) == (meetings - OWN_MEETINGS, entries)
    nothing_is_sent(firm)
    fault_table.add(
        "after an erasure something is sent, and a backup from before it restored",
        tried=2,
        lost=meetings - OWN_MEETINGS - firm.meetings() + entries - len(firm.ledger()),
        doubled=sum(len(vendor.doubled()) for vendor in firm.vendors.values()),
        shown="`erase` says what vendors hold, `restore` when it left somebody out",
    )
