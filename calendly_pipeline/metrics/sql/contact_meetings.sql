-- One row per contact and meeting that counts for the contact: linked attendees, duplicates of the other tool left out.
-- Two attendee rows of one contact in one meeting are one meeting.
-- grain: contact_id, meeting_id
-- time zone: the firm's for dates
with people as (
    select
        matches.contact_id,
        attendees.meeting_id,
        bool_or(attendees.is_held) as is_held,
        bool_or(attendees.status = 'active') as is_active,
        bool_or(attendees.status = 'active' and coalesce(attendees.is_no_show, false)) as is_no_show,
        bool_and(attendees.status = 'cancelled') as is_cancelled,
        bool_and(attendees.status <> 'active') and bool_or(attendees.status = 'rescheduled') as is_rescheduled,
        bool_and(coalesce(attendees.cancelled_by = 'host', false)) as is_cancelled_by_host,
        min(attendees.booked_at) as booked_at,
        max(attendees.cancelled_at) as cancelled_at,
        min(attendees.chain_id) as chain_id,
        min(attendees.reschedule_evidence) as reschedule_evidence,
        min(attendees.rescheduled_to_id) as rescheduled_to_id
    from contacts.matches as matches
    inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id
    where
        matches.decision in ('auto', 'confirmed')
        and matches.contact_id is not null
        and attendees.duplicate_of is null
        and (attendees.role = 'invitee' or attendees.role = 'guest' and $count_guests)
    group by matches.contact_id, attendees.meeting_id
)

select
    people.contact_id,
    people.meeting_id,
    meetings.status,
    meetings.starts_at,
    day_in(meetings.starts_at, $firm_time_zone) as starts_on,
    people.is_held,  -- this person came
    people.is_active and meetings.status = 'confirmed' as is_booked,  -- still to come
    people.is_no_show and not people.is_held and meetings.status in ('no_show', 'completed') as is_no_show,
    people.is_cancelled and meetings.status <> 'rejected' as is_cancelled,
    people.is_rescheduled,
    people.is_cancelled_by_host,
    people.booked_at,
    people.cancelled_at,
    people.chain_id,
    people.reschedule_evidence,
    people.rescheduled_to_id,
    meetings.title,
    meetings.host_name,
    types.meeting_type,
    types.is_portfolio_review,
    timezone($firm_time_zone, meetings.starts_at) > timezone($firm_time_zone, $as_of::timestamptz) - interval 365 day
    and meetings.starts_at <= $as_of as is_in_12m  -- starts within the 365 days before the run's clock
from people
inner join meetings.meetings as meetings on people.meeting_id = meetings.meeting_id
inner join classification.meeting_types as types on people.meeting_id = types.meeting_id
where meetings.duplicate_of is null
