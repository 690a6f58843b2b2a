-- One row per identity and contact that has its address; where nobody has it, the contacts that have the same mailbox.
-- grain: identity_id, contact_id
with outsiders as (
    select identities.identity_id, identities.address, identities.canonical_address
    from contacts.identities as identities
    where identities.address is not null
        and not exists (
            select 1 from contacts.internal_identities as internal
            where internal.identity_id = identities.identity_id
        )
),

exact as (
    select
        outsiders.identity_id,
        addresses.contact_id,
        'email_exact' as basis,
        addresses.address as contact_address,
        addresses.source as address_source
    from outsiders
    inner join contacts.addresses as addresses on outsiders.address = addresses.address
),

canonical as (
    select
        outsiders.identity_id,
        addresses.contact_id,
        'email_canonical' as basis,
        min(addresses.address) as contact_address,
        arg_min(
            addresses.source, list_position(['crm', 'address_book', 'confirmed', 'learned'], addresses.source)
        ) as address_source
    from outsiders
    inner join contacts.addresses as addresses on outsiders.canonical_address = addresses.canonical_address
    where not exists (select 1 from exact where exact.identity_id = outsiders.identity_id)
    group by outsiders.identity_id, addresses.contact_id
)

select
    identity_id,
    contact_id,
    basis,  -- email_exact | email_canonical
    contact_address,
    address_source  -- crm | address_book | confirmed | learned
from exact
union all by name
select
    identity_id,
    contact_id,
    basis,
    contact_address,
    address_source
from canonical
