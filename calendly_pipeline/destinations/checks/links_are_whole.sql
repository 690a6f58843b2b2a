-- A link goes to Salesforce with its protocol; a blank goes only where `mirror` asks for it, over a link that we wrote.
-- asset: destinations.plan
-- severity: error
with planned as (
    select
        record_key,
        payload ->> 'link' as link,
        written ->> 'link' as written
    from destinations.plan
    where
        destination = 'salesforce_links'
        and operation in ('create', 'update')
        and list_contains(json_keys(payload), 'link')
)

select record_key, link
from planned
where
    not coalesce(regexp_matches(link, '^https?://[^/]'), false)
    and not (
        link is null
        and written is not null
        and coalesce(($salesforce_links::json ->> 'mirror')::boolean, false)
    )
