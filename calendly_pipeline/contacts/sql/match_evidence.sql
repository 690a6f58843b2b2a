-- One row per compared field of an identity and a contact that may be the same person, winners and losers alike.
-- grain: identity_id, contact_id, field
with pairs as (
    select
        identity_id,
        contact_id,
        arg_min(basis, list_position(['email_exact', 'email_canonical', 'email_typo_domain', 'link_id'], basis)) as basis,
        min(contact_address) as contact_address,
        min(name_agreement) as name_agreement,
        bool_or(basis = 'link_id') as is_linked
    from contacts.candidates
    group by identity_id, contact_id
    union all by name
    select
        namesakes.identity_id,
        namesakes.contact_id,
        namesakes.basis,
        'full' as name_agreement,
        false as is_linked
    from contacts.namesakes as namesakes
),

compared as (
    select
        pairs.*,
        identities.address,
        identities.canonical_address,
        identities.name,
        identities.company,
        identities.company_normalised,
        contacts.full_name,
        contacts.company as card_company
    from pairs
    inner join contacts.identities as identities on pairs.identity_id = identities.identity_id
    inner join contacts.contacts as contacts on pairs.contact_id = contacts.contact_id
),

fields as (
    select
        identity_id, contact_id, 'address' as field, address as invitee_value, contact_address as contact_value,
        case
            when address = contact_address then 'exact'
            when basis = 'email_typo_domain' then 'typo_domain'
            else 'canonical'
        end as comparison
    from compared
    where contact_address is not null
    union all by name
    select
        identity_id, contact_id, 'name' as field, name as invitee_value, full_name as contact_value,
        name_agreement as comparison
    from compared
    where name is not null
    union all by name
    select
        identity_id, contact_id, 'company' as field, company as invitee_value, card_company as contact_value,
        case when company_normalised = plain_company(card_company) then 'exact' else 'different' end as comparison
    from compared
    where company is not null and card_company is not null
    union all by name
    select
        identity_id, contact_id, 'link' as field, contact_id as invitee_value, contact_id as contact_value,
        'exact' as comparison
    from compared
    where is_linked
)

select
    identity_id,
    contact_id,
    field,  -- address | name | company | link
    invitee_value,
    contact_value,
    comparison  -- exact | canonical | typo_domain | different | a name agreement
from fields
