-- One row per Calendly booking and person (invitees and their guests), in the shape both platforms share.
-- grain: meeting_id, person_key
-- time zone: UTC
with invitees as (
    select invitees.*, labels.iana
    from meetings.calendly_invitees as invitees
    left join sources.time_zone_labels as labels on lower(invitees.time_zone_label) = lower(labels.label)
),

guests as (
    select
        meeting_id,
        plain_address(guest) as address,
        arg_min(trim(guest), invitee_key) as email,
        min(invitee_key) as invitee_key,
        bool_or(not is_cancelled) as is_active
    from (
        select meeting_id, invitee_key, is_cancelled, unnest(regexp_split_to_array(guest_emails, '[\s,;]+')) as guest
        from invitees
        where guest_emails is not null
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
        invitees.iana as time_zone,
        not invitees.is_cancelled as is_active,
        invitees.is_no_show,
        invitees.answers,
        invitees.utm,
        coalesce(
            invitees.salesforce_uuid,
            regexp_extract(invitees.utm ->> '$.content', '^\d{6,40}$')
        ) as crm_contact_hint,
        invitees.invitee_key
    from invitees
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
    where not exists (
        select 1 from invitees as invited
        where invited.meeting_id = guests.meeting_id and invited.address = guests.address
    )
)

select
    'calendly' as platform,
    invitees.account,
    people.meeting_id,
    people.person_key,
    people.meeting_id || '/' || people.person_key as attendee_id,
    invitees.source_event_id,
    people.role,  -- invitee | guest
    people.email,
    people.address,
    people.name,
    people.first_name,
    people.last_name,
    people.phone,
    people.time_zone,  -- IANA; null where Calendly's label is unknown
    people.is_active,
    null::boolean as is_moved_away,  -- an export cannot say
    people.is_no_show,
    people.answers,
    people.utm,
    nullif(people.crm_contact_hint, '') as crm_contact_hint,  -- contact id carried in the booking link
    invitees.booked_at,
    null::timestamptz as cancelled_at,  -- an export does not hold it
    case
        when people.is_active then null
        when lower(invitees.cancelled_by_name) = lower(invitees.host_name) then 'host'
        when lower(invitees.cancelled_by_name) in (lower(invitees.name), invitees.address) then 'invitee'
        else 'unknown'
    end as cancelled_by,
    case when not people.is_active then invitees.cancellation_reason end as cancellation_reason,
    null::varchar as linked_from_id,
    null::varchar as linked_to_id,
    ['csv'] as routes,
    case when people.is_active then 'accepted' else 'cancelled' end as state,
    true as is_state_certain,
    null::boolean as is_host_absent,
    invitees.event_type_name,
    null::varchar as event_type_slug,
    null::varchar as event_type_id,
    invitees.event_type_name as title,
    invitees.starts_at,
    invitees.ends_at,
    invitees.host_email,
    invitees.host_name,
    location_kind(invitees.location) as location_type,
    invitees.location
from people
inner join invitees on people.meeting_id = invitees.meeting_id and people.invitee_key = invitees.invitee_key
