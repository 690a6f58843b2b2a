-- One row per booking and person of either platform, hosts under their one address.
-- grain: attendee_id
-- time zone: UTC
with aliases as (
    select alias.alias, alias.host
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
),

united as (
    select * from meetings.calendly_meetings
    union all by name
    select * from meetings.calcom_meetings
)

select
    united.* exclude (host_email),
    coalesce(aliases.host, united.host_email) as host_email,  -- after hosts.aliases
    key_of([united.platform, united.account, united.address, coalesce(aliases.host, united.host_email), trim(united.event_type_name)])
        as series  -- same person, host and event type: within it a moved booking finds its successor
from united
left join aliases on united.host_email = aliases.alias
