-- One row per member of a Calendly organization, former ones too, as the newest answer has them.
-- grain: user_id
-- time zone: UTC
-- source of truth: Calendly's organization memberships
with listings as (
    select account, from_json(body -> 'user_ids', '["VARCHAR"]') as user_ids
    from sources.api_records
    where platform = 'calendly' and kind = 'listing' and record_id = 'user_ids'
),

read as (
    select
        lower(record_id) as user_id,
        records.account,
        listings.account is null or list_contains(listings.user_ids, lower(record_id)) as is_listed,
        observed_at,
        newness(updated_at, observed_at, true, 0, body) as newness,
        from_json(body, '{
            "role": "VARCHAR",
            "user": {
                "email": "VARCHAR", "name": "VARCHAR", "slug": "VARCHAR", "timezone": "VARCHAR", "scheduling_url": "VARCHAR",
                "created_at": "VARCHAR"
            }
        }') as record,
        updated_at
    from sources.api_records as records
    left join listings on records.account = listings.account
    where platform = 'calendly' and kind = 'user' and nullif(record_id, '') is not null
)

select
    user_id,
    min(account) as account,
    arg_max(address_said(record.user.email), newness) as email,
    arg_max(said(record.user.name), newness) as name,
    arg_max(said(record.user.slug), newness) as slug,
    arg_max(said(record.user.scheduling_url), newness) as scheduling_url,  -- the profile link
    arg_max(said(record.user.timezone), newness) as time_zone,  -- IANA
    arg_max(lower(record.role), newness) as role,  -- owner | admin | user
    arg_max(api_instant(record.user.created_at), newness) as created_at,
    bool_or(is_listed) as is_listed,  -- false: has left; true also where the whole organization is not listed
    max(updated_at) as updated_at,  -- of the membership
    max(observed_at) as observed_at  -- when the API last told of it
from read
group by user_id
