"""What was answered is asked once: not after a rebuild, not after a re-import, not under other rules."""

from pathlib import Path

from calendly_pipeline_tests.conftest import copied
from calendly_pipeline_tests.contacts.conftest import CRM_FILE
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm

STRICTER = """
    update contacts.rules set decision = 'review' where decision = 'auto' and tier in ('T1', 'T2', 'T3', 'T4');
    update contacts.rule_set set rule_set_version = 'later', strangers_scale = 0.01, review_agreements =
        ['last_same', 'first_diff', 'conflict', 'first_same'];
"""


def test_an_answer_outlives_warehouse_files_and_rules(desk_firm: DeskFirm, listed_warehouse: Path) -> None:
    """Four answers of four kinds hold in a new warehouse, over newer files and new ids, and under stricter rules."""
    desk_firm.answer("alders@example.com", "confirm", ("1", "2"))
    desk_firm.answer("robert.hale@gmial.com", "reject")
    desk_firm.answer("vera@birch.example", "new_contact")
    desk_firm.answer("paul@example.net", "confirm", ("6",))
    assert desk_firm.refresh().queue() == []
    former = verdicts(desk_firm)
    world = desk_firm.world
    with copied(listed_warehouse) as rebuilt:
        world.tables = rebuilt
        assert desk_firm.refresh().queue() == []
        assert verdicts(desk_firm) == former
        world.files.append({**CRM_FILE, "file_id": "crm2", "recency": 9})
        world.cards = [card | {"file_id": "crm2", "line": 99 - card["line"]} for card in world.cards]
        world.attendees = [
            one | {"attendee_id": f"again {one['attendee_id']}", "meeting_id": f"again {one['meeting_id']}"}
            for one in reversed(world.attendees)
        ]
        assert desk_firm.refresh().queue() == []
        assert verdicts(desk_firm) == former
        rebuilt.connection.execute(STRICTER)
        asked = desk_firm.refresh().queue()
        assert asked == ["paul@example.net"], "Paul himself, whom nobody answered about, and nobody else"
        assert {row for row in verdicts(desk_firm) if row[2] in ("confirmed", "rejected")} == {
            row for row in former if row[2] in ("confirmed", "rejected")
        }


def verdicts(firm: DeskFirm) -> set[tuple[str, str | None, str, str | None]]:
    """Address, name, decision and contact of every match."""
    query = """
        select identities.address, identities.name, matches.decision, matches.contact_id
        from contacts.matches as matches
        inner join contacts.identities as identities on matches.identity_id = identities.identity_id
    """
    return set(firm.world.tables.connection.execute(query).fetchall())
