-- One row per Cal.com booking and person, in the shape both platforms share. Cal.com lists bookers, guests and
-- co-hosts together: staff are co-hosts, a person without a name is a guest (Cal.com stores guests by address alone),
-- everybody else is an invitee. When only staff attend, the first of them is the invitee.
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
    select alias as address from aliases
    union
    select host as address from aliases
),

listed as (
    select
        meeting_id,
        unnest(from_json(attendees, '[{"name": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR"}]')) as person,
        generate_subscripts(from_json(attendees, '[{"name": "VARCHAR"}]'), 1) as position
    from meetings.calcom_bookings
),

people as (
    select
        listed.meeting_id,
        plain_address(listed.person.email) as address,
        arg_min(trim(listed.person.email), listed.position) as email,
        arg_min(said(listed.person.name), listed.position) as name,
        arg_min(said(listed.person.phone), listed.position) as phone,
        min(listed.position) as position
    from listed
    where plain_address(listed.person.email) is not null
    group by listed.meeting_id, plain_address(listed.person.email)
),

ranked as (
    select
        people.*,
        staff.address is not null or staff_domains.domain is not null as is_staff
    from people
    left join staff on people.address = staff.address
    left join staff_domains on split_part(people.address, '@', 2) = staff_domains.domain
),

ordered as (
    select
        *,
        row_number() over (partition by meeting_id order by is_staff, position) = 1 as is_booker
    from ranked
),

absent as (
    select meeting_id, plain_address(guest.email) as address
    from (
        select meeting_id, unnest(from_json(no_show_guests, '[{"email": "VARCHAR"}]')) as guest
        from meetings.calcom_bookings
        where no_show_guests is not null
    )
    group by all
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
        when ordered.name is null then 'guest'
        else 'invitee'
    end as role,
    ordered.email,
    ordered.address,
    ordered.name,
    null::varchar as first_name,
    null::varchar as last_name,
    ordered.phone,
    null::varchar as time_zone,
    bookings.state in ('accepted', 'pending') as is_active,
    bookings.state = 'rescheduled' as is_moved_away,
    case when bookings.no_show_guests is not null then absent.address is not null end as is_no_show,
    case when ordered.is_booker then bookings.answers end as answers,
    null::json as utm,
    null::varchar as crm_contact_hint,
    bookings.booked_at,
    null::timestamptz as cancelled_at,
    case when bookings.state = 'cancelled' then 'unknown' end as cancelled_by,
    null::varchar as cancellation_reason,
    'calcom:' || bookings.rescheduled_from_uid as linked_from_id,
    'calcom:' || bookings.rescheduled_to_uid as linked_to_id,
    ['csv'] as routes,
    bookings.state,
    bookings.is_state_certain,
    bookings.is_host_absent,
    bookings.event_type_name,
    null::varchar as event_type_slug,
    bookings.event_type_id,
    bookings.title,
    bookings.starts_at,
    bookings.ends_at,
    bookings.host_email,
    bookings.host_name,
    location_kind(bookings.location) as location_type,
    bookings.location
from ordered
inner join meetings.calcom_bookings as bookings on ordered.meeting_id = bookings.meeting_id
left join absent on ordered.meeting_id = absent.meeting_id and ordered.address = absent.address
