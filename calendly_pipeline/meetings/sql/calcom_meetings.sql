-- One row per Cal.com booking and person, in the shape both platforms share. Cal.com lists bookers, guests and
-- co-hosts together: staff are co-hosts, guests are those the form names, or a person without a name (Cal.com stores
-- guests by address alone), everybody else is an invitee. When only staff attend, the first of them is the invitee.
-- grain: meeting_id, person_key
-- time zone: UTC
with staff_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
),

aliases as (
    select alias.alias, alias.host
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
),

staff as (
    select host_email as address from meetings.calcom_bookings where host_email is not null
    union
    select host_email as address from meetings.calendly_invitees where host_email is not null
    union
    select email as address from sources.calendly_users where email is not null
    union
    select alias as address from aliases
    union
    select host as address from aliases
),

ranked as (
    select
        attendees.*,
        attendees.is_team_member or staff.address is not null or staff_domains.domain is not null as is_staff
    from meetings.calcom_attendees as attendees
    left join staff on attendees.address = staff.address
    left join staff_domains on split_part(attendees.address, '@', 2) = staff_domains.domain
),

ordered as (
    select
        ranked.*,
        coalesce(list_contains(bookings.guests, ranked.address), false) as is_guest,
        row_number() over (
            partition by ranked.meeting_id
            order by
                ranked.is_staff, ranked.address = bookings.booker_address desc nulls last, ranked.has_left,
                ranked.position nulls last, ranked.address
        ) = 1 as is_booker
    from ranked
    inner join meetings.calcom_bookings as bookings on ranked.meeting_id = bookings.meeting_id
)

select
    'calcom' as platform,
    bookings.account,
    ordered.meeting_id,
    md5(ordered.address) as person_key,
    ordered.meeting_id || '/' || md5(ordered.address) as attendee_id,
    bookings.source_event_id,
    case
        when ordered.is_booker then 'invitee'
        when ordered.is_staff then 'co_host'
        when ordered.is_guest or ordered.name is null then 'guest'
        else 'invitee'
    end as role,
    ordered.email,
    ordered.address,
    ordered.name,
    null::varchar as first_name,
    null::varchar as last_name,
    ordered.phone,
    ordered.time_zone,  -- IANA; exports do not hold it
    bookings.state in ('accepted', 'pending') and not ordered.has_left as is_active,
    bookings.state = 'rescheduled' and not ordered.has_left as is_moved_away,
    bookings.is_moved_here,
    ordered.is_absent as is_no_show,
    coalesce(ordered.answers, case when ordered.is_booker then bookings.answers end) as answers,
    null::json as utm,
    null::varchar as crm_contact_hint,
    case when ordered.is_booker then bookings.is_paid end as is_paid,
    null::varchar as scheduling_method,
    bookings.booked_at,
    bookings.cancelled_at,
    case
        when bookings.state <> 'cancelled' then null
        when canceller.address is not null or split_part(bookings.cancelled_by_email, '@', 2) in (select domain from staff_domains)
            then 'host'
        when caller.address is not null then 'invitee'
        else 'unknown'
    end as cancelled_by,
    bookings.cancellation_reason,
    'calcom:' || bookings.rescheduled_from_uid || '/' || md5(ordered.address) as linked_from_attendee_id,
    'calcom:' || bookings.rescheduled_to_uid || '/' || md5(ordered.address) as linked_to_attendee_id,
    bookings.routes,
    bookings.state,
    bookings.is_state_certain,
    bookings.is_host_absent,
    bookings.event_type_name,
    bookings.event_type_slug,
    bookings.event_type_id,
    bookings.title,
    bookings.starts_at,
    bookings.ends_at,
    bookings.host_email,
    bookings.host_name,
    bookings.location_type,
    bookings.location,
    bookings.updated_at,
    bookings.last_seen_at
from ordered
inner join meetings.calcom_bookings as bookings on ordered.meeting_id = bookings.meeting_id
left join staff as canceller on bookings.cancelled_by_email = canceller.address
left join meetings.calcom_attendees as caller
    on bookings.meeting_id = caller.meeting_id and bookings.cancelled_by_email = caller.address
