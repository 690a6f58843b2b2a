-- One row per searched identity and person on a card who share a key, with what they have in common.
-- grain: identity_id, contact_id
-- changes with: identity_id
-- through: contacts.capped_keys: key = contacts.search_keys: key
-- through: contacts.name_parts: name_normalised = contacts.searched_identities: name_normalised
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
-- through: contacts.name_rarity: name_normalised = contacts.searched_identities: name_normalised
-- through: contacts.name_rarity: name_normalised = contacts.contacts: name_normalised
with met as (
    select
        search_keys.identity_id,
        card_keys.contact_id,
        bool_or(search_keys.block = 'phone') as is_phone_equal,
        bool_or(search_keys.block = 'company') as is_company_met,
        bool_or(search_keys.block in ('local_part', 'slip')) as is_mailbox_met,
        bool_or(search_keys.block = 'spelt') as is_name_spelt
    from contacts.search_keys as search_keys
    inner join contacts.card_keys as card_keys
        on search_keys.block = card_keys.block and search_keys.key = card_keys.key
    left join contacts.capped_keys as capped on search_keys.block = capped.block and search_keys.key = capped.key
    where capped.key is null
    group by search_keys.identity_id, card_keys.contact_id
),

pairs as (
    select
        met.*,
        searched.name_normalised as given_name,
        contacts.name_normalised as card_name,
        searched.generation <> contacts.generation as is_other_generation
    from met
    inner join contacts.searched_identities as searched on met.identity_id = searched.identity_id
    inner join contacts.contacts as contacts on met.contact_id = contacts.contact_id
    left join contacts.rejected_pairs as rejected
        on met.identity_id = rejected.identity_id and met.contact_id = rejected.contact_id
    where rejected.identity_id is null
),

-- Each pair of names is compared once, however many people bear them.
name_pairs as (
    select given_name, card_name
    from pairs
    where given_name is not null and card_name is not null
    group by given_name, card_name
),

parts as (
    select *
    from contacts.name_parts
    where name_normalised in (select given_name from name_pairs union select card_name from name_pairs)
),

compared as (
    select
        name_pairs.given_name,
        name_pairs.card_name,
        name_agreement(
            given, card, rule_set.surname_similarity, rule_set.first_name_similarity, rule_set.joined_letters
        ) as name_agreement
    from name_pairs
    inner join parts as given on name_pairs.given_name = given.name_normalised
    inner join parts as card on name_pairs.card_name = card.name_normalised
    cross join contacts.rule_set as rule_set
),

rarities as (
    select name_normalised, expected_strangers
    from contacts.name_rarity
    where name_normalised in (select given_name from pairs union select card_name from pairs)
)

select
    pairs.identity_id,
    pairs.contact_id,
    pairs.is_phone_equal,
    pairs.is_company_met,  -- at one company, and a first name or the surname is the same
    pairs.is_mailbox_met,  -- same local part, or nearly the same at the same domain
    pairs.is_name_spelt,  -- half a name was given or none, and the local part spells the card's
    coalesce(pairs.is_other_generation, false) as is_other_generation,  -- father and son
    coalesce(compared.name_agreement, 'none') as name_agreement,
    agreement_rank(coalesce(compared.name_agreement, 'none')) as name_rank,  -- 1 agrees best, 8 worst
    greatest(given_rarity.expected_strangers, card_rarity.expected_strangers) as expected_strangers
from pairs
left join compared on pairs.given_name = compared.given_name and pairs.card_name = compared.card_name
left join rarities as given_rarity on pairs.given_name = given_rarity.name_normalised
left join rarities as card_rarity on pairs.card_name = card_rarity.name_normalised
-- Another name alone says nothing, unless the telephone or the company is the same.
where pairs.is_phone_equal
    or coalesce(compared.name_agreement, 'none') in ('full', 'near', 'first_only')
    or (pairs.is_company_met and compared.name_agreement = 'first_same')
    or (pairs.is_name_spelt and compared.name_agreement is null)
