-- One row per person on a card and thing they may be found by: telephone number, local part but for dots (Gmail
-- ignores them), local part but for a slip, name, initial and surname, name without blanks, name as an address spells
-- it, name within a company.
-- grain: block, key, contact_id
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
with people as (
    select contacts.contact_id, parts.firsts, parts.surnames, parts.first_token, parts.last_token, parts.joined
    from contacts.contacts as contacts
    inner join contacts.name_parts as parts on contacts.name_normalised = parts.name_normalised
    where not contacts.is_company
),

mailboxes as (
    select
        addresses.contact_id,
        split_part(addresses.canonical_address, '@', 1) as local_part,
        split_part(addresses.canonical_address, '@', 2) as domain
    from contacts.addresses as addresses
    cross join contacts.rule_set as rule_set
    where not addresses.is_company
        and not addresses.is_role
        and addresses.domain_class <> 'relay'
        and length(split_part(addresses.canonical_address, '@', 1)) between rule_set.local_part_letters and 40
    group by all
),

-- A double surname is found by each of its words.
full_names as (
    select contact_id, first_token, unnest(surnames) as surname
    from (select contact_id, unnest(firsts) as first_token, surnames from people where last_token is not null)
),

employees as (
    select contact_id, unnest(list_filter(list_append(firsts, last_token), lambda token: token is not null)) as token
    from people
),

keys as (
    select 'phone' as block, hash('phone', phones.phone) as key, phones.contact_id
    from contacts.contact_phones as phones
    inner join contacts.contacts as contacts on phones.contact_id = contacts.contact_id
    where not contacts.is_company
    union all by name
    select
        'local_part' as block,
        hash('local_part', replace(mailboxes.local_part, '.', '')) as key,
        mailboxes.contact_id
    from mailboxes
    left join people on mailboxes.contact_id = people.contact_id
    where mailboxes.local_part is distinct from people.first_token  -- robert@ says no more than the name
    union all by name
    select 'slip' as block, unnest(slip_keys(local_part, domain)) as key, contact_id
    from mailboxes
    union all by name
    select 'name' as block, hash('name', first_token, surname) as key, contact_id
    from full_names
    where length(surname) > 2
    union all by name
    select 'initial' as block, hash('initial', left(first_token, 1), last_token) as key, contact_id
    from people
    where last_token is not null
    union all by name
    select 'joined' as block, hash('joined', joined) as key, contact_id
    from people
    union all by name
    select 'spelt' as block, hash('spelt', unnest([first_token || surname, surname || first_token])) as key, contact_id
    from full_names
    where length(first_token) > 1 and length(surname) > 2
    union all by name
    select 'spelt' as block, hash('initial spelt', left(first_token, 1) || surname) as key, contact_id
    from full_names
    where length(surname) > 2
    union all by name
    select 'company' as block, hash('company', companies.company, employees.token) as key, employees.contact_id
    from employees
    inner join contacts.card_companies as companies on employees.contact_id = companies.contact_id
)

select block, key, contact_id
from keys
where key is not null
group by all
