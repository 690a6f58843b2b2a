"""A firm's meetings and people, short to write: only what a test is about is named."""

from datetime import date, datetime, timedelta
from typing import Any

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc

HOST = {"host_email": "dana@juniperlane.example", "host_name": "Dana Host"}
OVER = ("completed", "no_show")


def settings(**named: Any) -> Settings:
    """Settings of a firm in New York."""
    return Settings.model_validate({"firm": {"time_zone": "America/New_York"}, **named})


def covered(
    first: str, last: str, platform: str = "calendly", account: str = "default", gap: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Coverage rows from the first to the last day; the days of `gap` are not covered."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    return [
        {"platform": platform, "account": account, "day": day, "route": "csv", "is_covered": day.isoformat() not in gap}
        for day in days
    ]


class Firm:
    """Rows for the tables that metrics read; `run` puts them in and runs the stage."""

    def __init__(self, tables: Tables, *contacts: str) -> None:
        self.tables = tables
        self.contacts: list[dict[str, Any]] = [self.person(contact) for contact in contacts or ("ada",)]
        self.households: list[dict[str, Any]] = []
        self.meetings: list[dict[str, Any]] = []
        self.types: list[dict[str, Any]] = []
        self.attendees: list[dict[str, Any]] = []
        self.matches: list[dict[str, Any]] = []
        self.coverage = covered("2026-01-01", "2026-06-30")

    @staticmethod
    def person(contact: str, **named: Any) -> dict[str, Any]:
        """A person's card in the CRM."""
        return {"contact_id": contact, "full_name": contact.title(), "is_company": False, "source": "crm", **named}

    def household(self, *contacts: str, name: str = "home") -> "Firm":
        """People who share a household."""
        self.households += [{"household_id": name, "contact_id": contact, "source": "crm"} for contact in contacts]
        return self

    def meeting(
        self,
        name: str,
        start: str,
        status: str = "completed",
        who: str | None = "ada",
        kind: str = "check_in",
        **named: Any,
    ) -> "Firm":
        """A meeting of 30 minutes from `start` in UTC, and the invitee matched to `who`."""
        starts = utc(start)
        row = {
            "meeting_id": name,
            "platform": "calendly",
            "account": "default",
            "status": status,
            "starts_at": starts,
            **HOST,
        }
        row |= {
            "ends_at": starts + timedelta(minutes=30),
            "duration_minutes": 30,
            "title": name,
            "event_type_name": kind,
        }
        self.meetings.append({**row, **named})
        self.types.append({"meeting_id": name, "meeting_type": kind, "is_portfolio_review": kind == "portfolio_review"})
        return self.attendee(name, who) if who else self

    def attendee(
        self, meeting: str, who: str | None, decision: str = "auto", also: tuple[str, ...] = (), **named: Any
    ) -> "Firm":
        """A person in a meeting, as the meeting's status says; `also` names further contacts of the same row."""
        (status,) = [row["status"] for row in self.meetings if row["meeting_id"] == meeting]
        name = f"{meeting}/{len(self.attendees)}"
        row = {
            "attendee_id": name,
            "meeting_id": meeting,
            "role": "invitee",
            "status": status if status in ("cancelled", "rescheduled") else "active",
            "is_no_show": status == "no_show",
            "is_held": status == "completed",
            "chain_id": meeting,
            "booked_at": utc("2026-01-02T09:00"),
        }
        self.attendees.append({**row, **named})
        for contact in (who, *also):
            match = {"match_id": f"{name}/{contact or ''}", "attendee_id": name, "meeting_id": meeting}
            self.matches.append({**match, "contact_id": contact, "decision": decision})
        return self

    def given(self) -> "Firm":
        """Put every row in."""
        self.tables.given("contacts.contacts", *self.contacts).given("contacts.households", *self.households)
        self.tables.given("meetings.meetings", *self.meetings).given("meetings.attendees", *self.attendees)
        self.tables.given("classification.meeting_types", *self.types).given("contacts.matches", *self.matches)
        self.tables.given("meetings.coverage", *self.coverage)
        return self

    def run(self, chosen: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """Run the stage; the cards by contact."""
        self.given().tables.run_stage("metrics", settings=chosen, as_of=as_of)
        return {row["contact_id"]: row for row in self.tables.rows("metrics.contact_metrics")}

    def card(self, chosen: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, Any]:
        """Run the stage; Ada's card."""
        return self.run(chosen, as_of)["ada"]
