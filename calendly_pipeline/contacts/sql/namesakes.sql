-- One row per identity whose address belongs to somebody of another name, and contact that does have its name.
-- grain: identity_id, contact_id
-- changes with: identity_id
-- through: contacts.name_parts: name_normalised = contacts.identities: name_normalised
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
with contradicted as (
    select
        identity_id,
        arg_min(contact_id, (name_rank, contact_id)) as holder_id
    from contacts.candidates
    where basis in ('email_exact', 'email_canonical') and not is_company
    group by identity_id
    having min(name_rank) >= 6
),

people as (
    select
        contradicted.identity_id,
        identities.name_normalised as given_name,
        holders.name_normalised as holder_name
    from contradicted
    inner join contacts.identities as identities on contradicted.identity_id = identities.identity_id
    inner join contacts.contacts as holders on contradicted.holder_id = holders.contact_id
    where identities.name_normalised is not null
),

parts as (
    select *
    from contacts.name_parts
    where name_normalised in (select given_name from people union select holder_name from people)
),

-- The name as given and its nicknames; a lone first name takes the surname of the address's holder.
spellings as (
    select
        people.identity_id,
        unnest(list_concat(given.firsts, given.forms)) as first_token,
        coalesce(given.last_token, holder_parts.last_token) as last_token
    from people
    inner join parts as given on people.given_name = given.name_normalised
    left join parts as holder_parts on people.holder_name = holder_parts.name_normalised
),

surnames as materialized (
    select *
    from contacts.name_parts
    where last_token in (select last_token from spellings)
),

card_names as (
    select
        contacts.contact_id,
        coalesce(same_people.lead_id, contacts.contact_id) as lead_id,
        unnest(surnames.firsts) as first_token,
        surnames.last_token
    from surnames
    inner join contacts.contacts as contacts on surnames.name_normalised = contacts.name_normalised
    left join contacts.same_people as same_people on contacts.contact_id = same_people.contact_id
),

namesakes as (
    select spellings.identity_id, card_names.contact_id
    from spellings
    inner join card_names
        on spellings.last_token = card_names.last_token and spellings.first_token = card_names.first_token
    where not exists (
        select 1 from contacts.candidates as holders
        where holders.identity_id = spellings.identity_id
            and card_names.lead_id in (holders.contact_id, holders.person_key)
    )
        and not exists (
            select 1 from contacts.rejected_pairs as rejected
            where rejected.identity_id = spellings.identity_id and rejected.contact_id = card_names.contact_id
        )
    group by spellings.identity_id, card_names.contact_id
)

select
    namesakes.identity_id,
    namesakes.contact_id,
    'name_of_another' as basis,
    name_agreement(
        given, card, rule_set.surname_similarity, rule_set.first_name_similarity, rule_set.joined_letters
    ) as name_agreement  -- full, near (a nickname) or first_only (a lone first name)
from namesakes
inner join people on namesakes.identity_id = people.identity_id
inner join contacts.contacts as contacts on namesakes.contact_id = contacts.contact_id
inner join parts as given on people.given_name = given.name_normalised
inner join surnames as card on contacts.name_normalised = card.name_normalised
cross join contacts.rule_set as rule_set
