-- One row per user of the firm's Salesforce, inactive ones too, as the newest list has them. Guests, partners and robots
-- are not asked for.
-- grain: user_id
-- time zone: UTC
-- source of truth: Salesforce
with listed as (
    select
        observed_at,
        unnest(from_json(body -> 'users', '[{
            "user_id": "VARCHAR", "address": "VARCHAR", "username": "VARCHAR", "is_active": "BOOLEAN"
        }]')) as listed_user
    from sources.api_records
    where platform = 'salesforce' and kind = 'listing' and record_id = 'users'
)

select
    listed_user.user_id,  -- 18 characters, starts with 005
    plain_address(listed_user.address) as email,
    listed_user.username,
    coalesce(listed_user.is_active, false) as is_active,
    observed_at  -- when the list was last another one
from listed
