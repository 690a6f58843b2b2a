-- No meeting names its host by an address that hosts.aliases replaces.
-- asset: meetings.meetings
-- severity: error
with aliases as (
    select alias.alias, alias.host
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
)

select meetings.meeting_id, meetings.starts_at
from meetings.meetings as meetings
inner join aliases on meetings.host_email = aliases.alias
where aliases.alias not in (select host from aliases)
