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
),

hosted as (
    select
        united.* exclude (host_email),
        coalesce(aliases.host, united.host_email) as host_email
    from united
    left join aliases on united.host_email = aliases.alias
),

-- Cal.com's exports hold a user name; Calendly the name people know.
host_names as (
    select host_email, arg_max(host_name, (booked_at, host_name)) as host_name
    from (
        select host_email, host_name, max(booked_at) as booked_at
        from hosted
        where platform = 'calendly' and host_name is not null
        group by host_email, host_name
    )
    group by host_email
)

select
    hosted.* exclude (host_name),  -- host_email: after hosts.aliases
    coalesce(host_names.host_name, hosted.host_name) as host_name,
    key_of([
        hosted.platform,
        hosted.account,
        hosted.address,
        hosted.host_email,
        case when hosted.platform = 'calcom' then hosted.event_type_id end,
        case when hosted.platform = 'calendly' or hosted.event_type_id is null then trim(hosted.event_type_name) end
    ]) as series  -- same person, host and event type: within it a moved booking finds its successor
from hosted
left join host_names on hosted.host_email = host_names.host_email
