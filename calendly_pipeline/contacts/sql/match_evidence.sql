-- One row per compared field of an identity and a contact that may be the same person, winners and losers alike.
-- grain: identity_id, contact_id, field
-- changes with: identity_id
with pairs as (
    select
        identity_id,
        contact_id,
        arg_min(basis, list_position(['email_exact', 'email_canonical', 'email_typo_domain', 'link_id'], basis)) as basis,
        arg_min(
            contact_address,
            list_position(['email_exact', 'email_canonical', 'email_typo_domain', 'link_id'], basis)
        ) as contact_address,
        min(name_agreement) as name_agreement,
        bool_or(basis = 'link_id') as is_linked
    from contacts.candidates
    group by identity_id, contact_id
    union all by name
    -- Of a searched identity; a slip in the domain, a link or a desk's address may have named the pair already.
    select
        proposals.identity_id,
        proposals.contact_id,
        coalesce(proposals.likeness, 'none') as basis,
        proposals.contact_address,
        proposals.name_agreement,
        false as is_linked,
        starts_with(proposals.company, '@') as is_domain_shared
    from contacts.proposals as proposals
    where not exists (
        select 1 from contacts.candidates as candidates
        where candidates.identity_id = proposals.identity_id and candidates.contact_id = proposals.contact_id
    )
    union all by name
    select
        namesakes.identity_id,
        namesakes.contact_id,
        namesakes.basis,
        namesakes.name_agreement,
        false as is_linked
    from contacts.namesakes as namesakes
    -- Once the address's holder was rejected, the identity is searched too.
    where not exists (
        select 1 from contacts.proposals as proposals
        where proposals.identity_id = namesakes.identity_id and proposals.contact_id = namesakes.contact_id
    )
),

card_phones as (
    select contact_id, list_sort(list(phone)) as phones
    from contacts.contact_phones
    where contact_id in (select contact_id from pairs)
    group by contact_id
),

card_domains as (
    select contact_id, split_part(address, '@', 2) as domain
    from contacts.addresses
    where domain_class = 'company' and contact_id in (select contact_id from pairs)
    group by all
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
        contacts.company as card_company,
        identities.phone,
        card_phones.phones as card_phones
    from pairs
    inner join contacts.identities as identities on pairs.identity_id = identities.identity_id
    inner join contacts.contacts as contacts on pairs.contact_id = contacts.contact_id
    left join card_phones on pairs.contact_id = card_phones.contact_id
),

fields as (
    select
        identity_id, contact_id, 'address' as field, address as invitee_value, contact_address as contact_value,
        case
            when address = contact_address then 'exact'
            when basis = 'email_typo_domain' then 'typo_domain'
            when basis in ('same_local_part', 'typo_local_part', 'near_address') then basis
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
        compared.identity_id, compared.contact_id, 'domain' as field,
        split_part(compared.address, '@', 2) as invitee_value,
        coalesce(held.domain, compared.card_company) as contact_value,
        case when held.domain is null then 'of_company' else 'exact' end as comparison
    from compared
    left join card_domains as held
        on compared.contact_id = held.contact_id and split_part(compared.address, '@', 2) = held.domain
    where compared.is_domain_shared
    union all by name
    select
        identity_id, contact_id, 'phone' as field, phone as invitee_value,
        case when list_contains(card_phones, phone) then phone else card_phones[1] end as contact_value,
        case when list_contains(card_phones, phone) then 'exact' else 'different' end as comparison
    from compared
    where phone is not null and card_phones is not null
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
    field,  -- address | name | company | domain | phone | link
    invitee_value,
    contact_value,
    comparison  -- exact | canonical | typo_domain | (typo|same)_local_part | near_address | different | of_company, or a name's
from fields
