-- One row per Calendly booking and person (invitees, their guests, further hosts), in the shape both platforms share.
-- grain: meeting_id, person_key
-- time zone: UTC
with invitees as (
    select invitees.*, labels.iana
    from meetings.calendly_invitees as invitees
    left join sources.time_zone_labels as labels on lower(invitees.time_zone_label) = lower(labels.label)
),

co_hosts as (
    select
        named.meeting_id,
        coalesce(named.host.email, users.email) as address,
        min(coalesce(named.host.name, users.name)) as name,
        min(named.invitee_key) as invitee_key,
        bool_or(named.is_active) as is_active
    from (
        select meeting_id, invitee_key, host_email, not is_cancelled as is_active, unnest(co_hosts) as host
        from invitees
        where co_hosts is not null
    ) as named
    left join sources.calendly_users as users on named.host.user_id = users.user_id
    where coalesce(named.host.email, users.email) <> named.host_email
    group by named.meeting_id, coalesce(named.host.email, users.email)
),

guests as (
    select
        meeting_id,
        plain_address(guest) as address,
        arg_min(trim(guest), invitee_key) as email,
        min(invitee_key) as invitee_key,
        bool_or(not is_cancelled) as is_active
    from (
        select meeting_id, invitee_key, is_cancelled, unnest(guests) as guest
        from invitees
        where guests is not null
    )
    where contains(guest, '@')
    group by meeting_id, plain_address(guest)
),

people as (
    select
        invitees.meeting_id,
        invitees.invitee_key as person_key,
        'invitee' as role,
        invitees.email,
        invitees.address,
        invitees.name,
        invitees.first_name,
        invitees.last_name,
        invitees.phone,
        coalesce(invitees.time_zone, invitees.iana) as time_zone,
        not invitees.is_cancelled as is_active,
        invitees.is_moved_away,
        invitees.is_moved_here,
        invitees.linked_from_attendee_id,
        invitees.linked_to_attendee_id,
        invitees.is_no_show,
        invitees.answers,
        invitees.utm,
        coalesce(
            invitees.salesforce_uuid,
            regexp_extract(invitees.utm ->> '$.content', '^\d{6,40}$')
        ) as crm_contact_hint,
        invitees.is_paid,
        invitees.scheduling_method,
        invitees.invitee_key
    from invitees
    union all by name
    select
        co_hosts.meeting_id,
        'host:' || md5(co_hosts.address) as person_key,
        'co_host' as role,
        co_hosts.address as email,
        co_hosts.address,
        co_hosts.name,
        co_hosts.is_active,
        co_hosts.invitee_key
    from co_hosts
    anti join invitees on co_hosts.meeting_id = invitees.meeting_id and co_hosts.address = invitees.address
    union all by name
    select
        guests.meeting_id,
        'guest:' || md5(guests.address) as person_key,
        'guest' as role,
        guests.email,
        guests.address,
        guests.is_active,
        guests.invitee_key
    from guests
    anti join invitees on guests.meeting_id = invitees.meeting_id and guests.address = invitees.address
    anti join co_hosts on guests.meeting_id = co_hosts.meeting_id and guests.address = co_hosts.address
)

select
    'calendly' as platform,
    invitees.account,
    people.meeting_id,
    people.person_key,
    people.meeting_id || '/' || people.person_key as attendee_id,
    invitees.source_event_id,
    people.role,  -- invitee | guest | co_host
    people.email,
    people.address,
    people.name,
    people.first_name,
    people.last_name,
    people.phone,
    people.time_zone,  -- IANA; null where Calendly's label is unknown
    people.is_active,
    people.is_moved_away,  -- null where no route can say
    people.is_moved_here,  -- null where no route can say
    people.is_no_show,
    people.answers,
    people.utm,
    nullif(people.crm_contact_hint, '') as crm_contact_hint,  -- contact id carried in the booking link
    people.is_paid,
    people.scheduling_method,
    invitees.booked_at,
    case when not people.is_active then invitees.cancelled_at end as cancelled_at,  -- an export does not hold it
    case when not people.is_active then invitees.cancelled_by end as cancelled_by,
    case when not people.is_active then invitees.cancellation_reason end as cancellation_reason,
    people.linked_from_attendee_id,
    people.linked_to_attendee_id,
    invitees.routes,
    case when people.is_active then 'accepted' else 'cancelled' end as state,
    true as is_state_certain,
    null::boolean as is_host_absent,
    invitees.event_type_name,
    invitees.event_type_slug,
    invitees.event_type_id,
    invitees.event_type_name as title,
    invitees.starts_at,
    invitees.ends_at,
    invitees.host_email,
    invitees.host_name,
    invitees.location_type,
    invitees.location,
    invitees.updated_at,
    invitees.last_seen_at
from people
inner join invitees on people.meeting_id = invitees.meeting_id and people.invitee_key = invitees.invitee_key
