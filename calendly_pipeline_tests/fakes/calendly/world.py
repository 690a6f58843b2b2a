"""The world one fake Calendly serves: bookings and everything that happens to them. No HTTP."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.calendly import records
from calendly_pipeline_tests.fakes.calendly.calendar import Booked, Calendar, later, renew
from calendly_pipeline_tests.fakes.calendly.records import Record, instant, last_part, stamp, uri

LATE_KEYS = (
    "first_name", "last_name", "no_show", "reconfirmation", "payment", "scheduling_method", "invitee_scheduled_by",
    "routing_form_submission",
)  # fmt: skip


class World(Calendar):
    """One organization with its bookings; each verb is one thing a person does, at the instant the caller says."""

    def book(
        self,
        event_type: str,
        start: datetime,
        *,
        name: str,
        email: str,
        now: datetime,
        minutes: float | None = None,
        zone: str | None = "America/New_York",
        hosts: Sequence[str] = (),
        answers: Sequence[tuple[str, str]] = (),
        guests: Sequence[str] = (),
        tracking: Mapping[str, str] | None = None,
        place: str | None = None,
        **fields: Any,
    ) -> Booked:
        """Somebody books; a free seat of a group event at that time is taken. `fields` go into the invitee."""
        at = self.advance(now)
        event = self.open_group(event_type, start) or self.new_event(event_type, start, minutes, hosts, place, at)
        first, _, last = name.partition(" ")
        names = {"first_name": first, "last_name": last} if event_type in self.asks_two_names else {}
        own = {
            "timezone": zone,
            "questions_and_answers": [
                {"question": asked, "answer": answer, "position": n} for n, (asked, answer) in enumerate(answers)
            ],
            "tracking": {**dict.fromkeys(records.TRACKING), **(tracking or {})},
        }
        event["event_guests"] += [records.guest(guest, at) for guest in guests]
        booked = self.join(event, name, email, later(at, 19), **{**names, **own, **fields})
        self.tell("invitee.created", booked.invitee, at)
        return booked

    def cancel(
        self,
        target: str,
        *,
        now: datetime,
        by: str = "invitee",
        reason: str | None = None,
        canceled_by: str | None = None,
    ) -> Record:
        """Cancel one invitee, or an event with all its invitees; gives the cancellation."""
        at = self.advance(now)
        event, invitees = self._targets(target)
        if event["status"] == "canceled" or not invitees:
            raise ValueError("Event is already canceled")
        host = event["event_memberships"][0].get("user_name", "Host")
        who = canceled_by or (host if by == "host" else invitees[0]["name"])
        cancellation = records.cancellation(who, reason, by, at)
        for invitee in invitees:
            self.leave(event, invitee, cancellation, at)
        self.close_if_empty(event, cancellation, later(at, 29))
        for invitee in invitees:
            self.tell("invitee.canceled", invitee["uri"], at)
        return cancellation

    def move(
        self, invitee: str, start: datetime, *, now: datetime, by: str = "invitee", reason: str | None = None
    ) -> Booked:
        """Reschedule: the old pair is cancelled and linked to a new event and a new invitee."""
        at = self.advance(now)
        old = self.invitees[last_part(invitee)]
        event = self.events[last_part(old["event"])]
        if old["status"] == "canceled":
            raise ValueError("Event is already canceled")
        new_event = self.moved_event(event, start, later(at, 48))
        who = old["name"] if by == "invitee" else event["event_memberships"][0].get("user_name", "Host")
        cancellation = records.cancellation(who, reason, by, at)
        kept = {
            key: old[key]
            for key in ("first_name", "last_name", "timezone", "questions_and_answers", "tracking", "payment",
                        "text_reminder_number", "routing_form_submission")
            if key in old
        }  # fmt: skip
        booked = self.join(new_event, old["name"], old["email"], later(at, 66), **kept, old_invitee=old["uri"])
        self.leave(event, old, cancellation, at)
        old.update(rescheduled=True, new_invitee=booked.invitee)
        self.close_if_empty(event, cancellation, later(at, 29))
        if event["status"] == "canceled":
            new_event["event_guests"] += event["event_guests"]
            event["event_guests"] = []
        self.tell("invitee.canceled", old["uri"], at)
        self.tell("invitee.created", booked.invitee, at)
        return booked

    def mark_no_show(self, invitee: str, *, now: datetime) -> str:
        """The host says that this invitee did not come; gives the URI of the mark. The event does not change."""
        at = stamp(self.advance(now))
        found = self.invitees[last_part(invitee)]
        if found.get("no_show"):
            return found["no_show"]["uri"]
        mark = self.new_id()
        self.no_shows[mark] = found["uri"]
        renew(found, now, no_show={"uri": uri("invitee_no_shows", mark), "created_at": at})
        self.tell("invitee_no_show.created", found["uri"], now)
        return found["no_show"]["uri"]

    def unmark_no_show(self, invitee: str, *, now: datetime) -> None:
        """The mark of an invitee (or the mark with this URI) is taken back."""
        owner = self.no_shows.get(last_part(invitee), invitee)
        found = self.invitees[last_part(owner)]
        del self.no_shows[last_part(found["no_show"]["uri"])]
        renew(found, self.advance(now), no_show=None)
        self.tell("invitee_no_show.deleted", found["uri"], now)

    def add_guest(self, event: str, email: str, *, now: datetime) -> None:
        """An invitee adds a guest's address."""
        found = self.events[last_part(event)]
        found["event_guests"].append(records.guest(email, self.advance(now)))
        self.touch(found, "guests", now)

    def remove_guest(self, event: str, email: str, *, now: datetime) -> None:
        """A guest's address is taken off."""
        found = self.events[last_part(event)]
        found["event_guests"] = [guest for guest in found["event_guests"] if guest["email"] != email]
        self.touch(found, "guests", now)

    def set_notes(self, event: str, text: str | None, *, now: datetime) -> None:
        """The host writes meeting notes."""
        found = self.events[last_part(event)]
        found["meeting_notes_plain"] = text
        self.touch(found, "notes", now)

    def reassign(self, event: str, host: str, *, now: datetime) -> None:
        """Another host takes the event."""
        found = self.events[last_part(event)]
        start, end = instant(found["start_time"]), instant(found["end_time"])
        found["event_memberships"] = [records.membership_of_event(self.users[host], start, end)]
        self.touch(found, "host", now)

    def delete_event(self, event: str, *, now: datetime) -> None:
        """Data deletion: the event and its invitees are gone without a trace."""
        self.advance(now)
        id_ = last_part(event)
        start = self.events.pop(id_)["start_time"]
        del self.by_start[bisect_left(self.by_start, (start, id_))]
        for invitee in self.invitees_of.pop(id_):
            del self.invitees[invitee]
        self.gone.add(id_)

    def expire_location(self, event: str) -> None:
        """Six months on, the details of a conference are dropped and nothing else says so."""
        found = self.events[last_part(event)]["location"]
        found.update({key: None for key in ("status", "join_url", "data") if key in found})

    def age(self, event: str) -> None:
        """Make an event and its invitees look as records of the first years do: later keys are missing."""
        found = self.events[last_part(event)]
        for name in ("meeting_notes_plain", "meeting_notes_html"):
            found.pop(name, None)
        found["event_memberships"] = [{"user": host["user"]} for host in found["event_memberships"]]
        found.get("cancellation", {}).pop("created_at", None)
        for id_ in self.invitees_of[last_part(event)]:
            for name in LATE_KEYS:
                self.invitees[id_].pop(name, None)
            self.invitees[id_].get("cancellation", {}).pop("created_at", None)

    def _targets(self, target: str) -> tuple[Record, list[Record]]:
        if "/invitees/" in target:
            invitee = self.invitees[last_part(target)]
            event = self.events[last_part(invitee["event"])]
            return event, [invitee] if invitee["status"] == "active" else []
        event = self.events[last_part(target)]
        everyone = (self.invitees[id_] for id_ in self.invitees_of[last_part(target)])
        return event, [invitee for invitee in everyone if invitee["status"] == "active"]
