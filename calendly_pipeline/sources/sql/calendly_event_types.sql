-- One row per Calendly event type, deleted and one-off ones too, as the newest answer or webhook has it.
-- grain: event_type_id
-- time zone: UTC
-- source of truth: Calendly, the newest `updated_at`
with listings as (
    select account, observed_at as listed_at, from_json(body -> 'event_type_ids', '["VARCHAR"]') as event_type_ids
    from sources.api_records
    where platform = 'calendly' and kind = 'listing' and record_id = 'event_type_ids'
),

seen as (
    select lower(record_id) as event_type_id, account, true as is_answer, 'answer' as kind, observed_at, updated_at as stamped_at, body
    from sources.api_records
    where platform = 'calendly' and kind = 'event_type'
    union all by name
    select
        uri_id(body ->> '$.payload.uri') as event_type_id,
        account,
        false as is_answer,
        kind,
        coalesce(occurred_at, received_at) as observed_at,
        body -> '$.payload' as body
    from sources.webhook_deliveries
    where platform = 'calendly' and kind in ('event_type.created', 'event_type.updated', 'event_type.deleted')
),

read as (
    select
        seen.*,
        listings.account is null
            or list_contains(listings.event_type_ids, event_type_id)
            or (not is_answer and observed_at > listings.listed_at) as is_listed,  -- made since
        from_json(body, '{
            "name": "VARCHAR", "slug": "VARCHAR", "active": "BOOLEAN", "secret": "BOOLEAN", "kind": "VARCHAR",
            "pooling_type": "VARCHAR", "type": "VARCHAR", "duration": "DOUBLE", "is_paid": "BOOLEAN",
            "admin_managed": "BOOLEAN", "scheduling_url": "VARCHAR",
            "profile": {"type": "VARCHAR", "owner": "VARCHAR"},
            "created_at": "VARCHAR", "updated_at": "VARCHAR", "deleted_at": "VARCHAR"
        }') as record
    from seen
    left join listings on seen.account = listings.account
    where nullif(event_type_id, '') is not null
),

versions as (
    select
        *,
        coalesce(api_instant(record.updated_at), stamped_at) as updated_at,
        newness(
            coalesce(api_instant(record.updated_at), stamped_at), observed_at, is_answer,
            case kind when 'event_type.deleted' then 2 when 'event_type.updated' then 1 else 0 end, body
        ) as newness
    from read
)

select
    event_type_id,
    min(account) as account,
    arg_max(said(record.name), newness) as name,
    arg_max(said(record.slug), newness) as slug,  -- null for a type without a page
    arg_max(lower(record.kind), newness) as kind,  -- solo | group
    arg_max(lower(record.pooling_type), newness) as pooling_type,  -- round_robin | collective | multi_pool; null: one host
    coalesce(arg_max(record.type, newness) = 'AdhocEventType', false) as is_one_off,
    try_cast(arg_max(record.duration, newness) as integer) as duration_minutes,
    arg_max(record.active, newness) as is_active,
    arg_max(record.secret, newness) as is_secret,
    arg_max(record.is_paid, newness) as is_paid,
    arg_max(record.admin_managed, newness) as is_admin_managed,  -- a managed event, made for its owner by an admin
    arg_max(said(record.scheduling_url), newness) as scheduling_url,  -- with https://
    arg_max(lower(record.profile.type), newness) as owner_kind,  -- user | team
    arg_max(uri_id(record.profile.owner), newness) as owner_id,
    coalesce(
        min(api_instant(record.deleted_at)), min(observed_at) filter (where kind = 'event_type.deleted')
    ) as deleted_at,  -- stays readable, and its events stay
    bool_or(is_listed) as is_listed,  -- false: deleted, one-off, or of somebody who left; true also without a whole list
    min(api_instant(record.created_at)) as created_at,
    max(updated_at) as updated_at,
    max(observed_at) as observed_at,  -- when the API or a delivery last told of it
    routes_of(bool_or(is_answer), false, bool_or(not is_answer)) as routes
from versions
group by event_type_id
