-- One row per address that booked: what Ortto should know of the person, by the names of `destinations.ortto.fields`.
-- What the newest booking says comes from that booking; metrics from the one contact the address belongs to, and are blank
-- while it belongs to nobody or to two. `form_consent` says that the consent question of a booking form was answered yes:
-- it is no field of Ortto, it only lets somebody new keep Ortto's own default.
-- grain: record_key
-- time zone: the firm's for dates
with mapping as (
    select unnest(map_keys(pairs)) as metric, unnest(map_values(pairs)) as field
    from (select from_json($ortto::json -> 'fields', '"MAP(VARCHAR, VARCHAR)"') as pairs where $ortto is not null)
),

people as (
    select
        address,
        max_by(bookings, (booked_at, meeting_id)) as newest,
        bool_or(has_consented) as has_consented,
        greatest(
            max(booked_at), max(cancelled_at), max(least(starts_at, $as_of::timestamptz)) filter (where status <> 'cancelled')
        ) as happened_at,
        list_sort(list_distinct(list(contact_id) filter (where contact_id is not null))) as contact_ids
    from destinations.ortto_bookings as bookings
    group by address
),

told as (
    select
        people.*,
        case when len(people.contact_ids) = 1 then people.contact_ids[1] end as contact_id,
        metrics
    from people
    left join metrics.contact_metrics as metrics
        on len(people.contact_ids) = 1 and people.contact_ids[1] = metrics.contact_id
),

known as (
    select
        address,
        unnest([
            'first_name', 'last_name', 'phone', 'company', 'booking_status', 'event_type', 'meeting_at', 'host_name',
            'first_meeting_on', 'last_meeting_on', 'next_meeting_on', 'meetings_count', 'meetings_this_quarter_count',
            'meetings_12m_count', 'last_portfolio_review_on', 'next_portfolio_review_on', 'review_due_on', 'review_status',
            'no_show_12m_count', 'cancellation_12m_count', 'reschedule_12m_count', 'is_reschedule_escalation',
            'last_meeting_type', 'last_host_name', 'meeting_data_through_on'
        ]) as metric,
        unnest([
            to_json(newest.first_name), to_json(newest.last_name), to_json(newest.phone), to_json(newest.company),
            to_json(replace(newest.status, 'moved', 'rescheduled')), to_json(newest.event_type),
            to_json(strftime(newest.starts_at, '%Y-%m-%dT%H:%M:%SZ')), to_json(newest.host_name),
            to_json(metrics.first_meeting_on::varchar), to_json(metrics.last_meeting_on::varchar),
            to_json(metrics.next_meeting_on::varchar), to_json(metrics.meetings_count),
            to_json(metrics.meetings_this_quarter_count), to_json(metrics.meetings_12m_count),
            to_json(metrics.last_portfolio_review_on::varchar), to_json(metrics.next_portfolio_review_on::varchar),
            to_json(metrics.review_due_on::varchar), to_json(metrics.review_status),
            to_json(metrics.no_show_12m_count), to_json(metrics.cancellation_12m_count),
            to_json(metrics.reschedule_12m_count), to_json(metrics.is_reschedule_escalation),
            to_json(metrics.last_meeting_type), to_json(metrics.last_host_name),
            to_json(metrics.meeting_data_through_on::varchar)
        ]) as value
    from told
),

cells as (
    select
        known.address,
        list(mapping.field order by mapping.field) as names,
        list(known.value order by mapping.field) as told
    from known
    inner join mapping on known.metric = mapping.metric
    group by known.address
)

select
    'ortto' as destination,
    'person|' || told.address as record_key,
    'person' as kind,
    told.contact_id,
    coalesce(told.newest.name, told.address) as label,
    told.happened_at,
    to_json(map(
        list_append(coalesce(cells.names, []), 'form_consent'),
        list_append(coalesce(cells.told, []), case when told.has_consented then to_json('given') end)
    )) as fields,
    false as is_once,
    true as is_repeatable,
    null::varchar as blocked_reason
from told
left join cells on told.address = cells.address
