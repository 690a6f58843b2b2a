-- One row per invitee's booking that Brevo may know of, and what became of it. Staff, guests and duplicates are left out,
-- and requests that the host has not confirmed. Empty while Brevo is not configured.
-- grain: attendee_id
-- time zone: UTC; the firm's for days
with linked as (
    select
        attendee_id,
        min(contact_id) filter (where decision in ('auto', 'confirmed')) as contact_id,
        bool_or(decision = 'internal') as is_internal
    from contacts.matches
    group by attendee_id
),

-- Acts of which the ledger knows a meeting by an earlier id keep that id.
before as (
    select aliases.meeting_id, min(aliases.alias_id) as alias_id
    from meetings.meeting_aliases as aliases
    inner join destinations.sent as sent
        on sent.destination = 'brevo' and regexp_extract(sent.record_key, '^[^:]+:[^:]+:(.*)$', 1) = aliases.alias_id
    group by aliases.meeting_id
),

told as (
    select
        attendees.*,
        meetings.* exclude (
            meeting_id, status, booked_at, cancelled_at, cancelled_by, cancellation_reason, chain_id, reschedule_count,
            rescheduled_from_id, rescheduled_to_id, reschedule_evidence, routes, duplicate_of, as_of
        ),
        linked.contact_id,
        case
            when attendees.status = 'cancelled' then 'cancelled'
            when attendees.status = 'rescheduled' then 'moved'
            when meetings.status = 'pending' then 'pending'
            when meetings.ends_at > $as_of and attendees.rescheduled_from_id is not null then 'rescheduled'
            when meetings.ends_at > $as_of then 'booked'
            when attendees.is_no_show then 'no_show'
            when meetings.is_host_absent then 'cancelled'
            else 'completed'
        end as outcome
    from meetings.attendees as attendees
    inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    inner join linked on attendees.attendee_id = linked.attendee_id
    where
        $brevo is not null
        and attendees.role = 'invitee'
        and attendees.duplicate_of is null
        and meetings.duplicate_of is null
        and meetings.status <> 'rejected'
        and not linked.is_internal
        and regexp_matches(attendees.address, '^[^@\s]+@[^@\s]+\.[^@\s]+$')
)

select
    told.attendee_id,
    told.meeting_id,
    coalesce(before.alias_id, told.meeting_id) as act_id,  -- the meeting as the keys of acts name it
    told.address,  -- lower case
    told.contact_id,  -- the matched contact; null: nobody's card
    coalesce(told.contact_id, told.address) as person,
    told.outcome,  -- booked | rescheduled | completed | no_show | cancelled | moved (away)
    told.outcome in ('booked', 'rescheduled') as is_coming,
    told.starts_at,
    told.ends_at,
    coalesce(target.starts_at, told.starts_at) as shown_starts_at,  -- of a booking moved away: where it went
    told.booked_at,
    case
        when told.outcome in ('booked', 'rescheduled') then told.booked_at
        when told.outcome in ('cancelled', 'moved') then coalesce(
            told.cancelled_at, case when told.is_host_absent then told.ends_at end, least(told.starts_at, told.updated_at)
        )
        else told.ends_at
    end as happened_at,  -- null: nobody knows when it was cancelled
    told.rescheduled_from_id is not null as is_moved_here,
    told.is_no_show,
    told.is_held,
    told.cancelled_by,
    told.platform,
    told.event_type_id,
    told.event_type_slug,
    coalesce(said(told.event_type_name), said(told.title)) as event_type,
    types.meeting_type,
    told.host_name,
    told.host_email,
    told.time_zone,
    coalesce(said(told.first_name), said(split_part(told.name, ' ', 1))) as first_name,
    coalesce(said(told.last_name), said(regexp_extract(trim(told.name), '\s(\S+)$', 1))) as last_name,
    phone_numbers.e164 as phone,
    details.company,
    told.answers
from told
inner join classification.meeting_types as types on told.meeting_id = types.meeting_id
left join contacts.attendee_details as details on told.attendee_id = details.attendee_id
left join contacts.phone_numbers as phone_numbers on details.phone = phone_numbers.said
left join before on told.meeting_id = before.meeting_id
left join meetings.meetings as target on told.rescheduled_to_id = target.meeting_id
where told.outcome <> 'pending'
