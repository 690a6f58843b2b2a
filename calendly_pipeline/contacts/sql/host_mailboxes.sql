-- One row per mailbox of a host: of any meeting, or an alias that pipeline.toml names.
-- grain: canonical_address
with aliases as (
    select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias
),

addresses as (
    select host_email as address from meetings.meetings
    union
    select unnest(hosts) as address from meetings.meetings
    union
    select alias.alias as address from aliases
    union
    select alias.host as address from aliases
)

select canonical_address(plain_address(address), false) as canonical_address  -- as the provider reads it
from addresses
where contains(address, '@')
group by all
