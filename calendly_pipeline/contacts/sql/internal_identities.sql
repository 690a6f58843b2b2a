-- One row per identity that is staff: an address of a host, or in a mail domain of the firm. Exceptions are left out.
-- grain: identity_id
-- changes with: identity_id
with staff_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
),

exceptions as (
    select plain_address(unnest(from_json($internal_exceptions, '["VARCHAR"]'))) as address
)

select
    identities.identity_id,
    case
        when host_mailboxes.canonical_address is not null then 'it is an address of a host'
        when staff_domains.domain is not null then 'it lies in a mail domain of the firm'
        else 'it was a co-host'
    end as reason
from contacts.identities as identities
left join contacts.host_mailboxes as host_mailboxes
    on identities.canonical_address = host_mailboxes.canonical_address
left join staff_domains on split_part(identities.address, '@', 2) = staff_domains.domain
left join exceptions on identities.address = exceptions.address
where exceptions.address is null
    and (host_mailboxes.canonical_address is not null or staff_domains.domain is not null or identities.is_co_host)
