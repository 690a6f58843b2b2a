"""What people do with a booking tool: book, cancel, move, stay away. Every act leaves its fact in the world."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from calendly_pipeline.sample.days import Diary
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.world import Ending, EventType, Host, Identity, Meeting, Party, Platform, Seat

ANSWERS = (
    "The usual, plus the new account.", "Rolling over an old plan, and what it costs", "College for the twins",
    'My brother said "ask about trusts"', "We are moving house\nin the autumn, perhaps sooner", "Nothing new.",
    "Beneficiaries; signatures; the form you sent", "", "Charitable gifts this year", "Café lease – can we afford it?",
)  # fmt: skip
REASONS = ("", "", "Something came up", "Family matter, sorry", "Travel", "Need a later day", "Ill")


class Scheduler:
    """Keeps the meetings of both tools as they come to be."""

    def __init__(self, seed: int) -> None:
        self.diary = Diary()
        self.meetings: list[Meeting] = []
        self._ids = Dice(seed, "ids")
        self._details = Dice(seed, "details")

    def book(
        self, platform: Platform, event_type: EventType, host: Host, starts_at: datetime, booked_at: datetime,
        *people: Identity, guests: Sequence[Identity] = (), minutes: int = 0, scheduled_by: str = "",
    ) -> Meeting:  # fmt: skip
        """Somebody books a meeting; several people make it a group event."""
        if booked_at >= starts_at:
            raise ValueError(f"A meeting at {starts_at} cannot be booked at {booked_at}.")
        booked_at = self._exact(platform, booked_at)
        meeting = Meeting(
            platform=platform, uid=self._ids.uuid() if platform == "calendly" else self._ids.short_id(),
            number=len(self.meetings), event_type=event_type, host=host, starts_at=starts_at, booked_at=booked_at,
            seats=[self._seat(person, event_type, booked_at) for person in people],
            minutes=minutes or event_type.minutes, location=self._location(platform),
        )  # fmt: skip
        meeting.seat.guests = tuple(guests)
        meeting.seat.scheduled_by = scheduled_by
        self.diary.claim(host.key, starts_at)
        self.meetings.append(meeting)
        return meeting

    def cancel(self, meeting: Meeting, at: datetime, by: Party = "invitee", seat: int | None = None) -> None:
        """One invitee, or everybody when no seat is named, loses the place."""
        reason = self._details.pick(REASONS)
        for number, place in enumerate(meeting.seats):
            if seat in (None, number):
                place.ending = Ending(at, by, reason)

    def move(self, meeting: Meeting, at: datetime, starts_at: datetime, platform: Platform | None = None) -> Meeting:
        """The invitee takes another time, perhaps in the other tool; the old booking stays behind as cancelled."""
        new = self.book(
            platform or meeting.platform, meeting.event_type, meeting.host, starts_at, at, meeting.seat.identity
        )
        new.seat.answers = meeting.seat.answers
        meeting.seat.ending = Ending(at, "invitee", self._details.pick(REASONS), moved_to=new)
        return new

    def copy_to_calcom(self, meeting: Meeting, at: datetime) -> Meeting:
        """The host, or the invitee by the new link, books the same hour once more in Cal.com."""
        copy = self.book("calcom", meeting.event_type, meeting.host, meeting.starts_at, at, meeting.seat.identity)
        meeting.same_as = copy
        return copy

    def miss(self, meeting: Meeting, seat: int = 0, after: timedelta = timedelta(hours=3)) -> None:
        """An invitee stays away, and the host marks it so some time after the start."""
        meeting.seats[seat].no_show_at = meeting.starts_at + after

    def _seat(self, person: Identity, event_type: EventType, booked_at: datetime) -> Seat:
        answers = tuple((question, self._details.pick(ANSWERS)) for question in event_type.questions)
        return Seat(person, self._ids.uuid(), booked_at, answers)

    def _exact(self, platform: Platform, at: datetime) -> datetime:
        """Calendly's export knows the minute only; Cal.com's knows the millisecond."""
        at = at.replace(second=0, microsecond=0)
        if platform == "calendly":
            return at
        return at.replace(second=self._details.below(60), microsecond=self._details.below(1000) * 1000)

    def _location(self, platform: Platform) -> str:
        if platform == "calcom":
            return self._details.weighted((("integrations:daily", 7.0), ("integrations:google:meet", 2.0)))
        number = self._details.between(10**9, 10**10 - 1)
        options = (f"Zoom URL: https://zoom.example/j/{number}", "", "12 Juniper Lane, Larkmoor, NY", "Phone call")
        return self._details.weighted(tuple(zip(options, (60.0, 20.0, 12.0, 8.0), strict=True)))
