"""Why somebody is linked: what was compared, which rule, who decided, and what it changed."""

from calendly_pipeline.explain import explain_address, explain_contact, explain_meeting
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm

HALE = "robert.hale@gmial.com"
COMPARED = "address of Robert Hale: robert.hale@gmial.com / robert.hale@gmail.com: typo_domain"
DECIDED = "decided by dana, 01 Jul 2026 09:01 UTC (confirm): rang him"
COUNTED = "counts for 3: 4 meetings held, last 2026-05-04"
PLANNED = "plan lacrm for 3: update: 2 fields differ"


def test_a_decision_is_explained_from_every_side(desk_firm: DeskFirm) -> None:
    """Address, contact and meeting say rule, comparison, decision and what follows; before it, what is asked."""
    live = desk_firm.world.tables.connection
    before = "\n".join(explain_meeting(live, "meeting b"))
    assert "review by R1 typo_domain_name_missing" in before
    assert COMPARED in before
    assert "decided by" not in before
    desk_firm.answer(HALE, "confirm", ("3",), reason="rang him")
    desk_firm.refresh()
    desk_firm.world.tables.given(
        "metrics.contact_metrics", {"contact_id": "3", "meetings_count": 4, "last_meeting_on": "2026-05-04"}
    ).given(
        "destinations.plan",
        {
            "destination": "lacrm",
            "record_key": "3",
            "operation": "update",
            "reason": "2 fields differ",
            "payload": "{}",
        },
    )
    address = "\n".join(explain_address(live, HALE))
    meeting = "\n".join(explain_meeting(live, "meeting b"))
    contact = "\n".join(explain_contact(live, "3"))
    for told in (address, meeting):
        for words in ("confirmed -> 3 by H1 confirmed", DECIDED, COUNTED, PLANNED):
            assert words in told
    for words in (f"booked as    Robert <{HALE}>", "confirmed -> 3", DECIDED, "meetings_count", "plan lacrm"):
        assert words in contact
    assert meeting.count("confirmed -> 3") == 1
