-- One row per identity and contact that may be the same person, and what brought them together.
-- A further group of rules is a further `candidates_*` file and a further branch here.
-- grain: identity_id, contact_id, basis
-- changes with: identity_id
-- through: contacts.name_parts: name_normalised = contacts.identities: name_normalised
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
with pairs as (
    select identity_id, contact_id, basis, contact_address, address_source from contacts.candidates_link
    union all by name
    select identity_id, contact_id, basis, contact_address, address_source from contacts.candidates_address
    union all by name
    select identity_id, contact_id, basis, contact_address, address_source from contacts.candidates_typo
),

named as (
    select
        pairs.*,
        identities.name_normalised as given_name,
        contacts.name_normalised as card_name,
        contacts.is_company,
        contacts.source as contact_source,
        case
            when same_people.lead_id is not null then same_people.lead_id
            when contacts.name_normalised is null then contacts.contact_id
            else concat_ws('/', contacts.name_normalised, contacts.generation)
        end as person_key
    from pairs
    inner join contacts.identities as identities on pairs.identity_id = identities.identity_id
    inner join contacts.contacts as contacts on pairs.contact_id = contacts.contact_id
    left join contacts.same_people as same_people on pairs.contact_id = same_people.contact_id
),

-- Each pair of names is compared once, however many people bear them.
name_pairs as (
    select given_name, card_name
    from named
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
)

select
    named.identity_id,
    named.contact_id,
    named.basis,  -- link_id | email_exact | email_canonical | email_typo_domain
    named.contact_address,  -- address of the contact that agrees; null: none does
    named.address_source,  -- crm | address_book | confirmed | learned
    named.is_company,
    named.contact_source,  -- crm | address_book
    named.person_key,  -- equal for two cards of one person: of one name, unless people said otherwise
    coalesce(compared.name_agreement, 'none') as name_agreement,
    agreement_rank(coalesce(compared.name_agreement, 'none')) as name_rank,  -- 1 agrees best, 8 worst
    rejected.identity_id is not null as is_rejected  -- a person said no
from named
left join compared on named.given_name = compared.given_name and named.card_name = compared.card_name
left join contacts.rejected_pairs as rejected
    on named.identity_id = rejected.identity_id and named.contact_id = rejected.contact_id
