-- One row per found pair with everything a rule may ask about it.
-- grain: identity_id, contact_id
-- changes with: identity_id
-- through: contacts.capped_keys: key = contacts.search_keys: key
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
with phone_names as (
    select phones.phone, count(distinct contacts.name_normalised) as names_count
    from contacts.contact_phones as phones
    inner join contacts.contacts as contacts on phones.contact_id = contacts.contact_id
    where phones.phone in (select phone from contacts.searched_identities)
    group by phones.phone
),

-- The smallest company that both belong to.
companies as (
    select
        found.identity_id,
        found.contact_id,
        min(companies.company_contacts) as company_contacts,
        arg_min(companies.company, (companies.company_contacts, companies.company)) as company
    from contacts.found_pairs as found
    inner join contacts.searched_identities as searched on found.identity_id = searched.identity_id
    inner join contacts.card_companies as companies on found.contact_id = companies.contact_id
    where found.is_company_met
        and companies.company in ('@' || searched.company_domain, searched.company_normalised)
    group by found.identity_id, found.contact_id
),

-- How many people bear the very name, and how many of one company the first name.
crowds as (
    select
        found.identity_id,
        count(distinct coalesce(second_cards.lead_id, found.contact_id)) filter (where found.name_agreement = 'full')
            as full_names_count,
        count(distinct coalesce(second_cards.lead_id, found.contact_id)) filter (
            where found.is_company_met and found.name_agreement in ('first_same', 'first_only')
        ) as first_names_count,
        count(distinct coalesce(second_cards.lead_id, found.contact_id)) filter (
            where found.is_name_spelt and found.name_rank in (3, 4)
        ) as spelt_names_count
    from contacts.found_pairs as found
    left join contacts.second_cards as second_cards on found.contact_id = second_cards.contact_id
    group by found.identity_id
),

capped as (
    select search_keys.identity_id
    from contacts.capped_keys as capped
    inner join contacts.search_keys as search_keys on capped.block = search_keys.block and capped.key = search_keys.key
    where capped.block in ('name', 'joined')
    group by search_keys.identity_id
)

select
    found.identity_id,
    found.contact_id,
    coalesce(second_cards.lead_id, found.contact_id) as lead_id,  -- stands for all cards of this person
    found.name_agreement,
    found.name_rank,
    found.is_other_generation,
    found.is_phone_equal,
    case when found.is_phone_equal then phone_names.names_count end as phone_names_count,  -- differently named
    companies.company,  -- what both belong to: a mail domain (@domain) or a company's name
    companies.company_contacts,
    found.expected_strangers,  -- of the name, among the bookings
    found.expected_strangers * companies.company_contacts / population.contacts_count as company_strangers,
    crowds.full_names_count,  -- people of the very name
    crowds.full_names_count = 1 and capped.identity_id is null and not found.is_other_generation as is_only_of_name,
    crowds.first_names_count,  -- people of the first name at the company
    found.is_name_spelt,  -- half a name was given or none, and the local part spells the card's
    crowds.spelt_names_count,  -- people whose name it spells
    alike.likeness,  -- of the addresses: same_local_part | typo_local_part | near_address
    alike.contact_address,
    case when alike.likeness = 'typo_local_part' then
        translate(searched.local_part, '0123456789', '') = translate(alike.card_local_part, '0123456789', '')
    end as is_digits_only,  -- the local parts differ in digits alone
    case when alike.likeness = 'typo_local_part' then
        translate(searched.local_part, '._-', '') = translate(alike.card_local_part, '._-', '')
    end as is_punctuation_only,
    case when alike.likeness is not null then
        length(beyond_name(searched.local_part, parts.first_token, parts.last_token))
    end as letters_beyond,  -- signs of the local part that are not the card's name
    case when alike.likeness is not null then contains(searched.local_part, parts.last_token) end as is_surname_inside
from contacts.found_pairs as found
inner join contacts.searched_identities as searched on found.identity_id = searched.identity_id
inner join contacts.contacts as contacts on found.contact_id = contacts.contact_id
inner join crowds on found.identity_id = crowds.identity_id
cross join contacts.population as population
left join contacts.name_parts as parts on contacts.name_normalised = parts.name_normalised
left join contacts.second_cards as second_cards on found.contact_id = second_cards.contact_id
left join contacts.alike_addresses as alike
    on found.identity_id = alike.identity_id and found.contact_id = alike.contact_id
left join companies on found.identity_id = companies.identity_id and found.contact_id = companies.contact_id
left join phone_names on searched.phone = phone_names.phone
left join capped on found.identity_id = capped.identity_id
