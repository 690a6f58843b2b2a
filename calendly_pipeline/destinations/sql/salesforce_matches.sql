-- One row per member of Calendly with a profile link: the Salesforce user who takes it, or why nobody does. Compared is the
-- address, else the one that `hosts.aliases` names for it.
-- grain: calendly_user_id
-- source of truth: Calendly for the link, Salesforce for who is a user
with aliases as (
    select plain_address(alias.alias) as alias, plain_address(alias.host) as host
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
),

readings as (
    select max(started_at) as read_at
    from sources.pulls
    where platform = 'salesforce' and finished_at is not null
),

users as (
    select
        email,
        list(user_id order by user_id) filter (where is_active) as active_ids,
        string_agg(username, ', ' order by username) filter (where is_active) as active_names,
        string_agg(username, ', ' order by username) filter (where not is_active) as inactive_names
    from sources.salesforce_users
    where email is not null
    group by email
),

members as (
    select
        members.user_id as calendly_user_id,
        members.email,
        members.name,
        members.scheduling_url as link,
        coalesce(direct.email, aliases.host, members.email) as matched_email,
        direct.email is not null as is_direct
    from sources.calendly_users as members
    left join users as direct on members.email = direct.email
    left join aliases on members.email = aliases.alias
    where $salesforce_links::json is not null and members.is_listed and members.scheduling_url is not null
),

matched as (
    select
        members.*,
        users.active_ids,
        users.active_names,
        users.inactive_names,
        case when len(users.active_ids) = 1 then users.active_ids[1] end as user_id
    from members
    left join users on members.matched_email = users.email
),

ranked as (
    select
        *,
        row_number() over (partition by user_id order by is_direct desc, calendly_user_id) as place
    from matched
)

select
    ranked.calendly_user_id,
    ranked.email,  -- lower case
    ranked.name,
    case when regexp_matches(ranked.link, '^https?://') then ranked.link else 'https://' || ranked.link end
        as link,  -- the profile link with its protocol
    case when ranked.place = 1 then ranked.user_id end as salesforce_user_id,  -- null: nobody
    case
        when readings.read_at is null
            then 'nobody asked Salesforce yet who its users are; run `calendly-pipeline ingest`'
        when ranked.email is null then 'Calendly names no address'
        when len(ranked.active_ids) > 1
            then concat(len(ranked.active_ids), ' active Salesforce users have the address ', ranked.matched_email, ': ', ranked.active_names)
        when ranked.user_id is null and ranked.inactive_names is not null
            then concat('only inactive Salesforce users have the address ', ranked.matched_email, ': ', ranked.inactive_names)
        when ranked.user_id is null
            then concat('no Salesforce user has the address ', ranked.matched_email, '; another one may be named under hosts.aliases')
        when ranked.place > 1 then 'another Calendly user is matched to the same Salesforce user'
    end as blocked_reason
from ranked
cross join readings
