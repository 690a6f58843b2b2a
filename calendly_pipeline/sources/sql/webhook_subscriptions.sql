-- One row per webhook subscription at Calendly, as the newest answer has it. Calendly disables one after 24 hours
-- without a success and never switches it on again (Calendly API reference). One that the newest list lacks is deleted,
-- and has no row.
-- grain: subscription_id
-- time zone: UTC
-- source of truth: Calendly
with listings as (
    select account, max(observed_at) as listed_at
    from sources.api_records
    where platform = 'calendly' and kind = 'listing' and record_id = 'webhook_subscription'
    group by account
),

read as (
    select
        lower(record_id) as subscription_id,
        records.account,
        observed_at,
        updated_at,
        newness(updated_at, observed_at, true, 0, body) as newness,
        from_json(body, '{
            "callback_url": "VARCHAR", "state": "VARCHAR", "scope": "VARCHAR", "events": ["VARCHAR"],
            "retry_started_at": "VARCHAR", "created_at": "VARCHAR"
        }') as record,
        json_type(body, '$.retry_started_at') = 'NULL' as is_not_retrying
    from sources.api_records as records
    left join listings on records.account = listings.account
    where
        platform = 'calendly'
        and kind = 'webhook_subscription'
        and nullif(record_id, '') is not null
        and observed_at >= coalesce(listings.listed_at, observed_at)
)

select
    subscription_id,
    min(account) as account,
    arg_max(without_secrets(record.callback_url), newness) as callback_url,
    arg_max(lower(record.state), newness) as state,  -- active | disabled
    arg_max(lower(record.scope), newness) as scope,  -- organization | user | group
    arg_max(list_sort(record.events), newness) as events,
    case when not coalesce(arg_max(is_not_retrying, newness), true) then arg_max(api_instant(record.retry_started_at), newness) end
        as retry_started_at,  -- since when a delivery has been failing
    min(api_instant(record.created_at)) as created_at,
    max(updated_at) as updated_at,
    max(observed_at) as observed_at  -- when the API last told of it
from read
group by subscription_id
