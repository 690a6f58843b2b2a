-- One row per meeting and invitee address that CleverTap may hear of. Staff, meetings among staff and private ones are
-- left out, and so is what nobody has accepted yet. Of several bookings of one address in one meeting the active one,
-- else the newest, speaks.
-- grain: meeting_id, person_key
-- time zone: UTC
with people as (
    select
        attendee_id,
        min(contact_id) filter (where decision in ('auto', 'confirmed')) as contact_id,
        bool_or(decision = 'internal') as is_internal
    from contacts.matches
    group by attendee_id
)

select
    attendees.meeting_id,
    md5(coalesce(attendees.address, attendees.attendee_id)) as person_key,  -- the address, unreadable; part of record keys
    attendees.attendee_id,
    attendees.address,  -- lower case
    people.contact_id,
    details.name,
    attendees.first_name,
    attendees.last_name,
    phone_numbers.e164 as phone,
    details.company,
    attendees.time_zone,
    try_cast(attendees.answers as map(varchar, varchar)) as answers,
    attendees.status,  -- active | cancelled | rescheduled
    attendees.is_held,
    attendees.is_no_show,
    attendees.booked_at,
    attendees.cancelled_at,
    attendees.cancelled_by,
    attendees.cancellation_reason,
    attendees.rescheduled_from_id,
    origins.starts_at as previous_starts_at,
    attendees.reschedule_count,
    meetings.platform,
    meetings.event_type_name,
    meetings.event_type_slug,
    meetings.title,
    meetings.starts_at,
    meetings.ends_at,
    meetings.duration_minutes,
    meetings.location_type,
    meetings.location,
    lower(meetings.host_email) as host_address,
    meetings.host_name,
    types.meeting_type
from meetings.attendees as attendees
inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
inner join classification.meeting_types as types on attendees.meeting_id = types.meeting_id
left join meetings.meetings as origins on attendees.rescheduled_from_id = origins.meeting_id
left join people on attendees.attendee_id = people.attendee_id
left join contacts.attendee_details as details on attendees.attendee_id = details.attendee_id
left join contacts.phone_numbers as phone_numbers on details.phone = phone_numbers.said
where
    $clevertap is not null
    and attendees.role = 'invitee'
    and attendees.duplicate_of is null
    and meetings.status not in ('pending', 'rejected')
    and types.meeting_type not in ('internal', 'personal')
    and not coalesce(people.is_internal, false)
qualify row_number() over (
    partition by attendees.meeting_id, person_key
    order by attendees.status = 'active' desc, attendees.booked_at desc nulls last, attendees.attendee_id
) = 1
