-- One row per Calendly event, out of API answers and the snapshots that webhooks carry. Of every field the newest
-- version that has it wins, by the event's own `updated_at`, then by the time somebody saw it so; a cancelled event
-- stays cancelled. Of an event seen through two accounts the first account by name has it.
-- A conference's link and `data` open its room: of a place only what is no key is kept.
-- grain: event_id
-- time zone: UTC
-- source of truth: Calendly, the newest `updated_at`
with seen as (
    select lower(record_id) as event_id, account, true as is_answer, observed_at, updated_at as stamped_at, body
    from sources.api_records
    where platform = 'calendly' and kind = 'event'
    union all by name
    select
        coalesce(uri_id(body ->> '$.payload.scheduled_event.uri'), uri_id(body ->> '$.payload.event')) as event_id,
        account,
        false as is_answer,
        coalesce(occurred_at, received_at) as observed_at,
        body -> '$.payload.scheduled_event' as body
    from sources.webhook_deliveries
    where
        platform = 'calendly'
        and is_invitee_delivery(kind)
        and json_type(body, '$.payload.scheduled_event') = 'OBJECT'
),

read as (
    select
        * exclude (body),
        body,
        from_json(body, '{
            "name": "VARCHAR", "status": "VARCHAR", "start_time": "VARCHAR", "end_time": "VARCHAR",
            "event_type": "VARCHAR", "location": {"type": "VARCHAR", "location": "VARCHAR"},
            "invitees_counter": {"total": "INTEGER", "active": "INTEGER", "limit": "INTEGER"},
            "event_memberships": [{"user": "VARCHAR", "user_email": "VARCHAR", "user_name": "VARCHAR"}],
            "event_guests": [{"email": "VARCHAR"}],
            "cancellation": {
                "canceled_by": "VARCHAR", "reason": "VARCHAR", "canceler_type": "VARCHAR", "created_at": "VARCHAR"
            },
            "created_at": "VARCHAR", "updated_at": "VARCHAR"
        }') as record
    from seen
    where nullif(event_id, '') is not null
),

versions as (
    select
        event_id,
        account,
        is_answer,
        observed_at,
        coalesce(api_instant(record.updated_at), stamped_at) as updated_at,
        newness(coalesce(api_instant(record.updated_at), stamped_at), observed_at, is_answer, 0, body) as newness,
        uri_id(record.event_type) as event_type_id,
        said(record.name) as name,
        lower(record.status) in ('canceled', 'cancelled') as is_cancelled,
        api_instant(record.start_time) as starts_at,
        api_instant(record.end_time) as ends_at,
        case when record.location.type is not null then record.location end as place,
        record.invitees_counter.total as invitees_count,
        record.invitees_counter.active as active_invitees_count,
        record.invitees_counter.limit as invitees_limit,
        nullif(list_transform(
            list_filter(record.event_memberships, lambda host: host.user is not null or host.user_email is not null),
            lambda host: struct_pack(
                user_id := uri_id(host.user), email := address_said(host.user_email), name := said(host.user_name)
            )
        ), []) as hosts,
        list_filter(
            list_transform(record.event_guests, lambda guest: trim(guest.email)),
            lambda email: address_said(email) is not null
        ) as guests,
        record.cancellation as cancellation,
        api_instant(record.created_at) as created_at
    from read
),

merged as (
    select
        event_id,
        min(account) as account,
        bool_or(is_answer) as is_by_api,
        bool_or(not is_answer) as is_by_webhook,
        arg_max(event_type_id, newness) as event_type_id,
        arg_max(name, newness) as event_type_name,
        coalesce(bool_or(is_cancelled), false) as is_cancelled,
        arg_max(starts_at, newness) as starts_at,
        arg_max(ends_at, newness) as ends_at,
        arg_max(place, newness) as place,
        arg_max(hosts, newness) as hosts,
        arg_max(guests, newness) as guests,
        arg_max(invitees_count, newness) as invitees_count,
        arg_max(active_invitees_count, newness) as active_invitees_count,
        arg_max(invitees_limit, newness) as invitees_limit,
        arg_max(cancellation, newness) as cancellation,
        arg_max(created_at, newness) as created_at,
        max(updated_at) as updated_at,
        max(observed_at) as observed_at
    from versions
    group by event_id
),

absences as (
    select
        lower(record_id) as event_id,
        max(observed_at) as noticed_at,
        arg_max(coalesce(api_instant(body ->> '$.last_seen_at'), observed_at), observed_at) as last_seen_at
    from sources.api_records
    where platform = 'calendly' and kind = 'absence'
    group by lower(record_id)
)

select
    merged.event_id,
    merged.account,
    merged.event_type_id,
    merged.event_type_name,  -- name of the event type at the time of booking
    merged.is_cancelled,
    merged.starts_at,
    coalesce(merged.ends_at, merged.starts_at) as ends_at,
    case merged.place.type
        when 'zoom_conference' then 'zoom'
        when 'gotomeeting_conference' then 'gotomeeting'
        else said(merged.place.type)
    end as location_type,  -- as on events; event types name two of the conferences differently
    case
        when merged.place.type in ('physical', 'outbound_call', 'inbound_call', 'ask_invitee', 'custom')
            then said(without_secrets(merged.place.location))
    end as location,  -- null for a conference
    merged.hosts,  -- the first is the host
    merged.guests,  -- addresses as given; null: no version told
    merged.invitees_count,
    merged.active_invitees_count,
    merged.invitees_limit,
    api_instant(merged.cancellation.created_at) as cancelled_at,
    lower(merged.cancellation.canceler_type) as canceler_type,  -- host | invitee
    said(merged.cancellation.canceled_by) as cancelled_by_name,
    said(merged.cancellation.reason) as cancellation_reason,
    merged.created_at,
    merged.updated_at,
    merged.observed_at,  -- when the API or a delivery last told of it
    case when absences.noticed_at > merged.observed_at then absences.last_seen_at end as last_seen_at,  -- null while the API returns it
    routes_of(merged.is_by_api, false, merged.is_by_webhook) as routes,
    case when merged.starts_at is null then 'the event''s start_time cannot be read' end as problem  -- null: it is used
from merged
left join absences on merged.event_id = absences.event_id
