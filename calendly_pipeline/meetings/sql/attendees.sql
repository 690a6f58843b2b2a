-- One row per meeting and person. Whether somebody came is decided here, per person: `is_held`.
-- grain: attendee_id
-- time zone: UTC
-- source of truth: the booking tools; API and webhooks before exports, newest first
with absences as (
    select pair.counted_attendee_id as attendee_id, nullif(bool_or(loser.is_no_show), false) as is_no_show
    from meetings.duplicates as pair
    inner join meetings.bookings as loser on pair.attendee_id = loser.attendee_id
    group by pair.counted_attendee_id
)

select
    bookings.attendee_id,
    bookings.meeting_id,
    bookings.role,  -- invitee | guest | co_host
    bookings.email,  -- as given
    bookings.address,  -- as compared: lower case, no blanks
    bookings.name,
    bookings.first_name,
    bookings.last_name,
    bookings.phone,  -- as given
    bookings.time_zone,  -- IANA
    case
        when bookings.is_active then 'active'
        when moves.attendee_id is not null or bookings.is_moved_away then 'rescheduled'
        else 'cancelled'
    end as status,  -- active | cancelled | rescheduled
    coalesce(absences.is_no_show, bookings.is_no_show) as is_no_show,  -- null where no route can know it
    meetings.status in ('completed', 'no_show')
    and not coalesce(meetings.is_host_absent, false)
    and bookings.is_active
    and not coalesce(absences.is_no_show, bookings.is_no_show, false)
    and (bookings.role = 'invitee' or meetings.status = 'completed') as is_held,
    answers_by_question(bookings.answers) as answers,  -- question -> answer
    bookings.utm,
    bookings.crm_contact_hint,  -- contact id carried in the booking link
    bookings.is_paid,  -- false: a payment was asked for and not made; null: no payment is known
    bookings.scheduling_method,  -- instant_book | api; null: booked on a page, or not known
    bookings.booked_at,
    bookings.cancelled_at,
    case when moves.attendee_id is null then bookings.cancelled_by end as cancelled_by,  -- host | invitee | unknown
    bookings.cancellation_reason,
    came.meeting_id as rescheduled_from_id,  -- meeting this person came from
    moves.to_meeting_id as rescheduled_to_id,  -- meeting this person went to
    coalesce(moves.evidence, came.evidence) as reschedule_evidence,  -- linked | inferred
    chains.chain_id,
    chains.reschedule_count::integer as reschedule_count,
    duplicates.counted_attendee_id as duplicate_of,  -- the attendee row that counts; null when this row counts
    bookings.routes  -- by which routes the booking is known
from meetings.bookings as bookings
inner join meetings.meetings as meetings on bookings.meeting_id = meetings.meeting_id
inner join meetings.attendee_chains as chains on bookings.attendee_id = chains.attendee_id
left join meetings.moves as moves on bookings.attendee_id = moves.attendee_id
left join meetings.moves as came on bookings.attendee_id = came.to_attendee_id
left join meetings.duplicates as duplicates on bookings.attendee_id = duplicates.attendee_id
left join absences on bookings.attendee_id = absences.attendee_id
