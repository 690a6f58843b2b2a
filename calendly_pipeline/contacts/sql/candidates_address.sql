-- One row per identity and contact that has its address; where nobody has it, the contacts that have the same mailbox.
-- An address on very many cards is a placeholder: it only counts for a card of the very same name.
-- grain: identity_id, contact_id
-- changes with: identity_id
with outsiders as (
    select identities.identity_id, identities.address, identities.canonical_address, identities.name_normalised
    from contacts.identities as identities
    where identities.address is not null
        and not exists (
            select 1 from contacts.internal_identities as internal
            where internal.identity_id = identities.identity_id
        )
),

personal_index as (
    select addresses.*
    from contacts.addresses as addresses
    cross join contacts.rule_set as rule_set
    where addresses.cards_count <= rule_set.crowded_cards
),

crowded_index as (
    select addresses.*, contacts.name_normalised
    from contacts.addresses as addresses
    inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
    cross join contacts.rule_set as rule_set
    where addresses.cards_count > rule_set.crowded_cards
),

exact as (
    select outsiders.identity_id, cards.contact_id, cards.address, cards.source
    from outsiders
    inner join personal_index as cards on outsiders.address = cards.address
    union all by name
    select outsiders.identity_id, cards.contact_id, cards.address, cards.source
    from outsiders
    inner join crowded_index as cards
        on outsiders.address = cards.address and outsiders.name_normalised = cards.name_normalised
),

canonical as (
    select
        outsiders.identity_id,
        cards.contact_id,
        min(cards.address) as address,
        arg_min(cards.source, list_position(['crm', 'address_book', 'confirmed', 'learned'], cards.source)) as source
    from outsiders
    inner join personal_index as cards on outsiders.canonical_address = cards.canonical_address
    where not exists (select 1 from exact where exact.identity_id = outsiders.identity_id)
    group by outsiders.identity_id, cards.contact_id
)

select
    identity_id,
    contact_id,
    'email_exact' as basis,  -- email_exact | email_canonical
    address as contact_address,
    source as address_source  -- crm | address_book | confirmed | learned
from exact
union all by name
select
    identity_id,
    contact_id,
    'email_canonical' as basis,
    address as contact_address,
    source as address_source
from canonical
