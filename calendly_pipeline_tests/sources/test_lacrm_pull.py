"""The pull of the CRM's contacts: complete and exact, whatever changes and whatever fails."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import ListingShrank, Unauthenticated
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.gate import Recorded
from calendly_pipeline_tests.fakes.lacrm.given import NOW
from calendly_pipeline_tests.sources.lacrm_pulled import Firm, firm


def absences(own: Firm) -> int:
    """How many contacts the last pull found gone."""
    return int(own.pull().counts["absent"])


@pytest.mark.parametrize("page_size", [1, 7, 26, 27, 10_000])
def test_complete_and_exact(tmp_path: Path, page_size: int) -> None:
    """Everybody is there once with all addresses and fields, for any page size and at the edge of a full page."""
    with firm(tmp_path, 30) as own:
        report = own.pull(page_size)
        assert own.differences() == []
    assert (report.counts["new"], report.counts["absent"]) == (30, 0)


@pytest.mark.parametrize(
    "shape",
    [
        {"results_as_objects": ["GetContacts", "GetCustomFields"]},
        {"bare_results": ["GetContacts", "GetCustomFields"], "plain_options": False},
        {"errors_in_200": True},
    ],
    ids=["objects", "bare", "errors-in-200"],
)
def test_odd_shapes_are_the_same_contacts(tmp_path: Path, shape: dict[str, Any]) -> None:
    """Whatever shape the results have, the contacts are the same, a deleted one too."""
    with firm(tmp_path, 12, **shape) as own:
        own.pull()
        own.world.delete(own.world.ids()[0])
        assert absences(own) == 1
        assert own.differences() == []


def test_nothing_new_lands_nothing(tmp_path: Path) -> None:
    """A second pull lands no answer, and yet vouches for everybody anew."""
    with firm(tmp_path, 12) as own:
        own.pull()
        before, files = own.rows(), own.files()
        report = own.pull()
        after = own.rows()
    assert (report.counts["unchanged"], report.counts["changed"]) == (12, 0)
    assert own.files() == files
    assert all(after[key]["read_at"] > before[key]["read_at"] for key in before)


def test_a_small_account_costs_five_requests(tmp_path: Path) -> None:
    """Whose key, fields of contacts and of companies, contacts, companies."""
    with firm(tmp_path, 12) as own:
        assert own.pull().counts["requests"] == 5


def test_changes_are_followed(tmp_path: Path) -> None:
    """An address more, a field blanked, a name changed, somebody new: the next pull says so."""
    with firm(tmp_path, 12) as own:
        own.pull()
        one, two, three, *_ = own.world.ids(companies=False)
        own.world.edit(NOW, one, {"Email": ["a@x.example", "b@x.example", "c@x.example"]})
        own.world.edit(NOW, two, {"Last meeting": None, "Review status": "Due"})
        own.world.edit(NOW, three, {"Name": "Somebody Else"})
        own.world.add(NOW, "Zoe New", "zoe@x.example")
        report = own.pull()
        assert own.differences() == []
    assert (report.counts["new"], report.counts["changed"]) == (1, 3)


def test_a_deleted_contact(tmp_path: Path) -> None:
    """Who is deleted is no longer listed, was asked for once, and what was said last stays known."""
    with firm(tmp_path, 12) as own:
        own.pull()
        gone = own.world.ids(companies=False)[0]
        own.world.delete(gone)
        assert [absences(own), absences(own)] == [1, 0]
        row = own.rows()[gone]
        assert own.differences() == []
        assert own.crm.server.count("GetContact") == 1
    assert (row["is_listed"], row["last_name"] != "") == (False, True)


def test_a_merged_contact(tmp_path: Path) -> None:
    """Of two merged contacts one id is left, with the addresses of both."""
    with firm(tmp_path) as own:
        kept = own.world.add(NOW, "Ada Alder", "ada@example.com").contact_id
        gone = own.world.add(NOW, "Ada Alder", "ada@home.example").contact_id
        own.pull()
        own.world.merge(NOW, kept, gone)
        own.pull()
        rows = own.rows()
        assert own.differences() == []
    assert rows[kept]["addresses"] == ["ada@example.com", "ada@home.example"]
    assert (rows[kept]["is_listed"], rows[gone]["is_listed"]) == (True, False)


def test_who_comes_back_is_there_again(tmp_path: Path) -> None:
    """A contact that was out of sight for a pull and is seen again is listed as before."""
    with firm(tmp_path, 12) as own:
        own.pull()
        one = own.world.ids()[0]
        hidden = own.world.contacts.pop(one)
        own.pull()
        assert not own.rows()[one]["is_listed"]
        own.world.contacts[one] = hidden
        assert own.pull().counts["changed"] == 1
        assert own.differences() == []


def test_a_deletion_while_the_pages_are_read(tmp_path: Path) -> None:
    """A row that slips over the seam of two pages is found by reading again, in the very first pull too."""
    with firm(tmp_path, 30) as own:
        victims = [c.contact_id for c in sorted(own.world.contacts.values(), key=lambda c: c.created_at)][:2]

        def delete_one(recorded: Recorded) -> None:
            if b'"Page":2' in recorded.body.replace(b" ", b"") and victims:
                own.world.delete(victims.pop(0))

        own.crm.server.on_request(delete_one)
        own.pull(page_size=5)
        assert (victims, own.differences()) == ([], [])


def test_far_too_few_are_not_believed(tmp_path: Path) -> None:
    """When most contacts are out of sight, nobody is marked as gone, and the setting that believes it is named."""
    with firm(tmp_path, 60) as own:
        own.pull()
        for contact in list(own.world.contacts.values())[:30]:
            own.world.delete(contact.contact_id)
        with pytest.raises(ListingShrank, match=r"30 of 60 known contacts .* lacrm.max_shrink_share"):
            own.pull()
        assert sum(row["is_listed"] for row in own.rows().values()) == 60
        own.pull(shrink_share=1.0)
        assert own.differences() == []


def test_a_revoked_key_marks_nobody_as_gone(tmp_path: Path) -> None:
    """A key that is refused half-way ends the pull; everybody stays listed."""
    with firm(tmp_path, 12) as own:
        own.pull()
        own.world.delete(own.world.ids()[0])

        def revoke(recorded: Recorded) -> None:
            if b'"GetContact"' in recorded.body:
                own.world.keys.clear()

        own.crm.server.on_request(revoke)
        with pytest.raises(Unauthenticated):
            own.pull()
        assert all(row["is_listed"] for row in own.rows().values())


def test_fields_come_and_go(tmp_path: Path) -> None:
    """A field that the account has is known on every card, blank where nothing stands; a removed one on none."""
    with firm(tmp_path) as own:
        ada = own.world.add(NOW, "Ada Alder", written={"Last meeting": "2026-03-01"}).contact_id
        own.pull()
        own.world.rename_field("Last meeting", "Met last")
        own.world.remove_field("Next meeting")
        own.world.add_field("Topics", "Checkbox", options=["Tax", "Estate"])
        own.world.edit(NOW, ada, {"Topics": ["Tax", "Estate"]})
        own.pull()
        fields = own.rows()[ada]["fields"]
    assert (fields["Met last"], fields["Topics"], fields["Household"]) == ("2026-03-01", "Tax, Estate", "")
    assert not {"Last meeting", "Next meeting"} & fields.keys()


def test_what_a_row_holds(tmp_path: Path) -> None:
    """Names in parts, the owner by name, the household from its field, ids digit for digit."""
    with firm(tmp_path) as own:
        written = {"Company Name": "Mills LLC", "Job Title": "Owner", "Household": "Alders"}
        name = "Dr. Ada Maria Alder Jr."
        ada = own.world.add(NOW, name, " Ada@Example.com ", written=written).contact_id
        own.pull()
        row, company = own.rows()[ada], own.world.company_named("Mills LLC")
        rows = own.rows()
    names = ("first_name", "middle_name", "last_name", "suffix", "company", "job_title", "assigned_user", "household")
    assert [row[name] for name in names] == [
        "Ada",
        "Maria",
        "Alder",
        "Jr.",
        "Mills LLC",
        "Owner",
        "Dana Host",
        "Alders",
    ]
    assert company is not None
    assert (rows[company.contact_id]["is_company"], rows[company.contact_id]["company"]) == ("true", "Mills LLC")


def test_a_storm_loses_nothing(tmp_path: Path) -> None:
    """With a third of all requests refused, broken, cut or slow, what is landed in the end is exact."""
    faults = Faults(7, 0.33, STORM, slow_seconds=0.02)
    with firm(tmp_path, 60, faults=faults) as own:
        report = own.pull(page_size=3)
        own.world.delete(own.world.ids()[5])
        own.world.edit(NOW + timedelta(hours=1), own.world.ids()[6], {"Background Info": "changed"})
        own.pull(page_size=3)
        assert own.differences() == []
    assert report.counts["repeated"] >= 10
    assert set(faults.counts) == set(STORM)


def test_an_error_half_way_leaves_the_last_list_in_force(tmp_path: Path) -> None:
    """Pages landed before an error count as versions; who is there is said by the last whole reading only."""
    with firm(tmp_path, 12) as own:
        own.pull()
        new = own.world.add(NOW, "Zoe New", "zoe@x.example").contact_id
        own.crm.server.faults.fail_next(12, "500", "getcontacts", after=1)
        with pytest.raises(Exception, match="HTTP 500"):
            own.pull()
        assert not own.rows()[new]["is_listed"]
        own.pull()
        assert own.differences() == []
