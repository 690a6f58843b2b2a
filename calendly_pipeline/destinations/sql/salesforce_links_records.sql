-- One row per record that Salesforce should hold: a link row for the profile and every managed event of every member of
-- Calendly, and the link field of every matched user. What we wrote and is wanted no more is blanked by
-- `destinations.salesforce_links.mirror`, else listed as left alone.
-- grain: destination, record_key
with rules as (
    select
        coalesce(($salesforce_links::json ->> 'mirror')::boolean, false) as is_mirror,
        coalesce($salesforce_links::json ->> 'user_field', '') != '' as has_user_field,
        json_exists($salesforce_links::json, '$.fields.name') as has_name,
        json_exists($salesforce_links::json, '$.fields.type') as has_type
    where $salesforce_links::json is not null
),

links as (
    select
        concat(members.calendly_user_id, ':profile') as record_key,
        members.email,
        members.link,
        coalesce(members.name, members.email) as name,
        'Profile' as type,
        members.name as owner_name,
        case when members.email is null then 'Calendly names no address' end as blocked_reason
    from destinations.salesforce_matches as members
    union all by name
    select
        types.event_type_id as record_key,
        members.email,
        case
            when regexp_matches(types.scheduling_url, '^https?://') then types.scheduling_url
            else 'https://' || types.scheduling_url
        end as link,
        types.name,
        'Managed event' as type,
        members.name as owner_name,
        case
            when members.calendly_user_id is null and types.owner_kind = 'team' then 'it belongs to a team, to no one user'
            when members.calendly_user_id is null then 'its owner is no member of the Calendly organization'
            when members.email is null then 'Calendly names no address'
        end as blocked_reason
    from sources.calendly_event_types as types
    left join destinations.salesforce_matches as members on types.owner_id = members.calendly_user_id
    where
        types.is_admin_managed
        and types.is_active
        and types.is_listed
        and types.deleted_at is null
        and not types.is_one_off
        and types.scheduling_url is not null
),

wanted as (
    select
        links.record_key,
        'link' as kind,
        concat(links.name, case when links.type = 'Profile' then ', profile' else ', ' || links.owner_name end) as label,
        json_merge_patch(
            json_object('email', links.email, 'link', links.link),
            case when rules.has_name then json_object('name', links.name) else '{}'::json end,
            case when rules.has_type then json_object('type', links.type) else '{}'::json end
        ) as fields,
        links.blocked_reason
    from links
    cross join rules
    union all by name
    select
        coalesce('user:' || matches.salesforce_user_id, 'calendly:' || matches.calendly_user_id) as record_key,
        'user' as kind,
        concat_ws(', ', matches.name, matches.email) as label,
        json_object('link', matches.link) as fields,
        matches.blocked_reason
    from destinations.salesforce_matches as matches
    cross join rules
    where rules.has_user_field
),

-- A user whose link is that of a member who is matched to nobody at present keeps it: a second user with one address is
-- no reason to take the first one's link.
gone as (
    select
        sent.record_key,
        sent.kind,
        sent.label
    from destinations.sent as sent
    left join wanted on sent.record_key = wanted.record_key
    left join sources.salesforce_users as users
        on sent.kind = 'user' and substr(sent.record_key, length('user:') + 1) = users.user_id
    left join destinations.salesforce_matches as undecided
        on sent.kind = 'user' and undecided.salesforce_user_id is null and (sent.fields ->> 'link') = undecided.link
    where
        sent.destination = 'salesforce_links'
        and (sent.fields ->> 'link') is not null
        and wanted.record_key is null
        and (sent.kind = 'link' or users.is_active)
        and undecided.calendly_user_id is null
)

select
    'salesforce_links' as destination,
    record_key,  -- <member>:profile, <event type>, user:<Salesforce user>; calendly:<member> where nobody is matched
    kind,  -- link | user
    null::varchar as contact_id,
    label,
    null::timestamptz as happened_at,
    fields,
    false as is_once,
    true as is_repeatable,
    blocked_reason
from wanted
union all by name
select
    'salesforce_links' as destination,
    gone.record_key,
    gone.kind,
    null::varchar as contact_id,
    gone.label,
    null::timestamptz as happened_at,
    json_object('link', null) as fields,
    false as is_once,
    true as is_repeatable,
    case when not rules.is_mirror then 'its link is gone from Calendly and stays in Salesforce (mirror is off)' end
        as blocked_reason
from gone
cross join rules
