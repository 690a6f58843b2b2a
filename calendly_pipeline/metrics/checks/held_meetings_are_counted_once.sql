-- Meetings held per card, added up, are the held linked attendees of meetings, each person and meeting once.
-- asset: metrics.contact_metrics
-- severity: error
with on_cards as (
    select coalesce(sum(meetings_count), 0) as held_count
    from metrics.contact_metrics
),

in_meetings as (
    select count(*) as held_count
    from (
        select distinct matches.contact_id, attendees.meeting_id
        from meetings.attendees as attendees
        inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
        inner join contacts.matches as matches on attendees.attendee_id = matches.attendee_id
        inner join contacts.contacts as contacts on matches.contact_id = contacts.contact_id
        where
            attendees.is_held
            and attendees.duplicate_of is null
            and meetings.duplicate_of is null
            and matches.decision in ('auto', 'confirmed')
            and (attendees.role = 'invitee' or attendees.role = 'guest' and $count_guests)
    )
)

select on_cards.held_count as on_cards, in_meetings.held_count as in_meetings
from on_cards
cross join in_meetings
where on_cards.held_count <> in_meetings.held_count and $credit_counts = 'attendee'
