-- One row per thing that happened to a booking lately and that Brevo is told of as a custom event, once.
-- grain: record_key
-- time zone: UTC
with rules as (
    select
        (events ->> 'max_age_days')::integer as max_age_days,
        from_json(events -> 'names', '"MAP(VARCHAR, VARCHAR)"') as names
    from (select $brevo::json -> 'events' as events)
    where (events ->> 'enabled')::boolean
),

happenings as (
    select *, case when is_moved_here then 'rescheduled' else 'booked' end as transition, booked_at as at
    from destinations.brevo_bookings
    union all by name
    select *, 'cancelled' as transition, happened_at as at
    from destinations.brevo_bookings
    where outcome = 'cancelled'
    union all by name
    select *, 'no_show' as transition, ends_at as at
    from destinations.brevo_bookings
    where outcome = 'no_show'
    union all by name
    select *, 'completed' as transition, ends_at as at
    from destinations.brevo_bookings
    where outcome = 'completed' and is_held
    union all by name
    select bookings.*, 'no_show_removed' as transition, $as_of::timestamptz as at
    from destinations.brevo_bookings as bookings
    inner join destinations.sent as sent
        on sent.destination = 'brevo'
        and sent.record_key = concat(bookings.address, ':no_show:', bookings.act_id)
        and sent.accepted_at is not null
    where bookings.outcome <> 'no_show'
)

select
    concat(happenings.address, ':', happenings.transition, ':', happenings.act_id) as record_key,
    happenings.address,
    happenings.contact_id,
    happenings.transition,  -- booked | rescheduled | cancelled | no_show | no_show_removed | completed
    happenings.at as happened_at,
    coalesce(rules.names[happenings.transition], concat('meeting_', happenings.transition)) as event_name,
    happenings.event_type,
    json_object(
        'event_type', happenings.event_type,
        'meeting_type', happenings.meeting_type,
        'starts_at', strftime(happenings.starts_at, '%Y-%m-%dT%H:%M:%SZ'),
        'ends_at', strftime(happenings.ends_at, '%Y-%m-%dT%H:%M:%SZ'),
        'host_name', coalesce(happenings.host_name, ''),
        'host_email', coalesce(happenings.host_email, ''),
        'cancelled_by', case when happenings.transition = 'cancelled' then coalesce(happenings.cancelled_by, 'unknown') else '' end,
        'token', concat(happenings.address, ':', happenings.transition, ':', happenings.act_id)
    ) as properties
from happenings
cross join rules
where
    happenings.at <= $as_of
    and happenings.at > $as_of::timestamptz - to_days(rules.max_age_days)
