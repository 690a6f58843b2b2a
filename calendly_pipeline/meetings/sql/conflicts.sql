-- One row per meeting and field on which two routes or tools disagree, and which of them won.
-- grain: meeting_id, field, other_meeting_id
with candidates as (
    select
        calendly.meeting_id,
        calcom.meeting_id as other_meeting_id,
        calendly.host_email,
        calcom.host_email as other_host_email
    from meetings.bookings as calendly
    inner join meetings.bookings as calcom
        on calendly.address = calcom.address
        and calendly.starts_at = calcom.starts_at
        and (calendly.host_email is null or calcom.host_email is null)
    where
        calendly.platform = 'calendly'
        and calcom.platform = 'calcom'
        and calendly.role = 'invitee'
        and calcom.role = 'invitee'
        and calendly.attendee_id not in (select attendee_id from meetings.duplicates)
        and calendly.attendee_id not in (select counted_attendee_id from meetings.duplicates)
        and calcom.attendee_id not in (select attendee_id from meetings.duplicates)
        and calcom.attendee_id not in (select counted_attendee_id from meetings.duplicates)
    group by all
)

select
    meeting_id,
    other_meeting_id,
    'host_email' as field,
    coalesce(host_email, 'unknown') as value,
    coalesce(other_host_email, 'unknown') as other_value,
    null::varchar as won_by,
    'several bookings fit and a host is unknown: not taken for a duplicate' as reason
from candidates
union all by name
select
    loser.meeting_id,
    duplicates.counted_meeting_id as other_meeting_id,
    'state' as field,
    min(loser.state) as value,
    min(winner.state) as other_value,
    min(winner.platform) as won_by,
    'one meeting in both tools, in two states' as reason
from meetings.duplicates as duplicates
inner join meetings.bookings as loser on duplicates.attendee_id = loser.attendee_id
inner join meetings.bookings as winner on duplicates.counted_attendee_id = winner.attendee_id
where loser.state <> winner.state
group by loser.meeting_id, duplicates.counted_meeting_id
union all by name
select
    bookings.meeting_id,
    bookings.meeting_id as other_meeting_id,
    'state' as field,
    array_to_string(bookings.strong_states, ', ') as value,
    bookings.state as other_value,
    'csv' as won_by,
    'two exports of Cal.com disagree' as reason
from meetings.calcom_bookings as bookings
where len(bookings.strong_states) > 1
