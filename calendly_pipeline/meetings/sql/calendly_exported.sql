-- One row per Calendly booking and invitee, merged over all exports that hold it: of every cell the newest file that
-- has the column wins, and a file without the column takes nothing away.
-- A row without UUIDs gets a key of account, address, start and event type, and is absorbed by a row with UUIDs, of a
-- file, the API or a webhook, that agrees in those four; of several the one booked in the same minute.
-- An invitee is never un-cancelled: a row with UUIDs that says cancelled holds against a newer one.
-- grain: meeting_id, invitee_key
-- time zone: UTC
with usable as (
    select *, recency::bigint * 100000000 + line as newness
    from sources.calendly_rows
    where problem is null
),

seekers as (
    select distinct address
    from usable
    where event_uuid is null or invitee_uuid is null
),

live as (
    select
        unnest(invitees.accounts) as account,
        invitees.address,
        invitees.event_id,
        invitees.invitee_id,
        date_trunc('minute', events.starts_at) as starts_at,
        events.event_type_name,
        coalesce(events.created_at, invitees.created_at) as booked_at
    from sources.calendly_invitees as invitees
    inner join sources.calendly_events as events on invitees.event_id = events.event_id
    where
        invitees.problem is null
        and events.problem is null
        and invitees.address in (select address from seekers)
),

named as (
    select booking_key, address, event_uuid, invitee_uuid, booked_at
    from usable
    where event_uuid is not null and address in (select address from seekers)
    union
    select
        key_of(['calendly', account, address, epoch_ms(starts_at)::varchar, trim(event_type_name)]) as booking_key,
        address,
        event_id as event_uuid,
        invitee_id as invitee_uuid,
        booked_at
    from live
),

absorbed as (
    select
        usable.file_id,
        usable.line,
        named.event_uuid,
        named.invitee_uuid
    from usable
    inner join named on usable.booking_key = named.booking_key
    where usable.event_uuid is null
    qualify row_number() over (
        partition by usable.file_id, usable.line
        order by
            date_trunc('minute', named.booked_at) = date_trunc('minute', usable.booked_at) desc nulls last,
            named.booked_at desc nulls last, named.event_uuid, named.invitee_uuid nulls last
    ) = 1
),

-- A file with the event's UUID and without the invitee's.
found as (
    select usable.file_id, usable.line, min(named.invitee_uuid) as invitee_uuid
    from usable
    inner join named on usable.event_uuid = named.event_uuid and usable.address = named.address
    where usable.invitee_uuid is null and named.invitee_uuid is not null
    group by usable.file_id, usable.line
),

keyed as (
    select
        usable.*,
        'calendly:' || coalesce(usable.event_uuid, absorbed.event_uuid, usable.booking_key) as meeting_id,
        coalesce(usable.event_uuid, absorbed.event_uuid) as source_event_id,
        coalesce(usable.invitee_uuid, absorbed.invitee_uuid, found.invitee_uuid, md5(usable.address)) as invitee_key,
        case when usable.event_uuid is null then 'calendly:' || usable.booking_key end as derived_id,
        usable.event_uuid is not null as is_exact
    from usable
    left join absorbed on usable.file_id = absorbed.file_id and usable.line = absorbed.line
    left join found on usable.file_id = found.file_id and usable.line = found.line
)

select
    meeting_id,  -- calendly: and the event's UUID, or a key of account, address, start and event type
    invitee_key,  -- the invitee's UUID, or a key of the address
    source_event_id,
    min(account) as account,
    arg_max(email, newness) as email,
    arg_max(address, newness) as address,
    said(arg_max(invitee_name, newness)) as name,
    said(arg_max(invitee_first_name, newness)) as first_name,
    said(arg_max(invitee_last_name, newness)) as last_name,
    said(arg_max(invitee_time_zone, newness)) as time_zone_label,
    said(arg_max(text_reminder_number, newness)) as phone,
    said(arg_max(event_type_name, newness)) as event_type_name,
    arg_max(starts_at, newness) as starts_at,
    arg_max(ends_at, newness) as ends_at,
    arg_max(booked_at, newness) as booked_at,
    said(arg_max(location, newness)) as location,
    coalesce(bool_or(is_cancelled) filter (where is_exact), false) as is_cancelled_exactly,  -- a row with UUIDs says so
    coalesce(bool_or(is_cancelled) filter (where is_exact), false) or arg_max(is_cancelled, newness) as is_cancelled,
    said(arg_max(canceled_by, newness) filter (where is_cancelled)) as cancelled_by_name,
    said(arg_max(cancellation_reason, newness) filter (where is_cancelled)) as cancellation_reason,
    arg_max(is_no_show, newness) as is_no_show,  -- null: no file that holds the row can know
    case
        when arg_max(is_exact, newness) filter (where is_no_show is not null)
            then arg_max(observed_at, newness) filter (where is_no_show is not null)
    end as no_show_observed_at,  -- null: a row without UUIDs says so, which overrules nobody
    said(arg_max(guest_emails, newness)) as guest_emails,
    lower(said(arg_max(user_email, newness))) as host_email,
    said(arg_max(user_name, newness)) as host_name,
    said(arg_max(salesforce_uuid, newness)) as salesforce_uuid,
    json_object(
        'campaign', said(arg_max(utm_campaign, newness)), 'source', said(arg_max(utm_source, newness)),
        'medium', said(arg_max(utm_medium, newness)), 'term', said(arg_max(utm_term, newness)),
        'content', said(arg_max(utm_content, newness))
    ) as utm,
    arg_max(answers, newness) as answers,
    list_sort(list(distinct derived_id) filter (where derived_id is not null)) as derived_ids  -- ids this row had while nothing gave its UUID
from keyed
group by meeting_id, invitee_key, source_event_id
