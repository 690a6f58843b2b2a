-- One row per Cal.com event type, as the newest answer has it. Ids are an instance's own: two accounts may use the same.
-- grain: account, event_type_id
-- time zone: UTC
-- source of truth: Cal.com
select
    account,
    record_id as event_type_id,
    said(body ->> '$.title') as name,
    said(body ->> '$.slug') as slug,
    try_cast(body ->> '$.lengthInMinutes' as integer) as duration_minutes,
    try_cast(body ->> '$.hidden' as boolean) as is_hidden,
    said(body ->> '$.ownerId') as owner_id,
    said(body ->> '$.teamId') as team_id,
    said(body ->> '$.schedulingType') as scheduling_type,  -- roundRobin | collective | managed; null: one host
    updated_at,
    observed_at  -- when the API last told of it
from sources.api_records
where platform = 'calcom' and kind = 'event_type' and nullif(record_id, '') is not null
qualify row_number() over (partition by account, record_id order by newness(updated_at, observed_at, true, 0, body) desc) = 1
