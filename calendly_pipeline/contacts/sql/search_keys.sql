-- One row per searched identity and key that some card has as well (see card_keys). A nickname asks for every form of
-- the first name, an initial for every first name that begins with it.
-- grain: block, key, identity_id
-- changes with: identity_id
-- through: contacts.name_parts: name_normalised = contacts.searched_identities: name_normalised
with people as (
    select
        searched.identity_id,
        parts.first_token,
        parts.last_token,
        parts.surnames,
        parts.joined,
        list_distinct(list_concat(parts.firsts, parts.forms)) as firsts
    from contacts.searched_identities as searched
    inner join contacts.name_parts as parts on searched.name_normalised = parts.name_normalised
),

mailboxes as (
    select searched.identity_id, searched.local_part, searched.domain
    from contacts.searched_identities as searched
    cross join contacts.rule_set as rule_set
    where length(searched.local_part) between rule_set.local_part_letters and 40
),

-- Who gives half a name or none may have the whole of it in the address.
half_named as (
    select
        mailboxes.identity_id,
        people.first_token,
        regexp_replace(mailboxes.local_part, '[^\p{L}]', '', 'g') as letters
    from mailboxes
    left join people on mailboxes.identity_id = people.identity_id
    where people.last_token is null
),

card_domains as (
    select split_part(canonical_address, '@', 2) as domain
    from contacts.addresses
    group by all
),

full_names as (
    select identity_id, first_token, unnest(surnames) as surname
    from (
        select identity_id, unnest(list_append(firsts, left(first_token, 1))) as first_token, surnames
        from people
        where last_token is not null
    )
),

employees as (
    select
        identity_id,
        unnest(list_filter(list_append(firsts, last_token), lambda token: token is not null)) as token
    from people
),

companies as (
    select identity_id, '@' || company_domain as company
    from contacts.searched_identities
    where company_domain is not null
    union all by name
    select identity_id, company_normalised as company
    from contacts.searched_identities
    where company_normalised is not null
),

keys as (
    select 'phone' as block, hash('phone', phone) as key, identity_id
    from contacts.searched_identities
    where phone is not null
    union all by name
    select 'local_part' as block, hash('local_part', replace(local_part, '.', '')) as key, identity_id
    from mailboxes
    union all by name
    select 'slip' as block, unnest(slip_keys(local_part, domain)) as key, identity_id
    from mailboxes
    inner join card_domains using (domain)
    union all by name
    select 'name' as block, hash('name', first_token, surname) as key, identity_id
    from full_names
    where length(surname) > 2
    union all by name
    select 'name' as block, hash('name', last_token, first_token) as key, identity_id  -- given name last
    from people
    where last_token is not null
    union all by name
    select 'initial' as block, hash('initial', first_token, last_token) as key, identity_id
    from people
    where length(first_token) = 1
    union all by name
    select 'joined' as block, hash('joined', joined) as key, identity_id
    from people
    union all by name
    select 'spelt' as block, hash('spelt', letters) as key, identity_id
    from half_named
    union all by name
    select 'spelt' as block, hash('initial spelt', letters) as key, identity_id
    from half_named
    where first_token is not null
    union all by name
    select 'company' as block, hash('company', companies.company, employees.token) as key, employees.identity_id
    from employees
    inner join companies on employees.identity_id = companies.identity_id
)

select block, key, identity_id
from keys
where key in (select card_keys.key from contacts.card_keys as card_keys)
group by all
