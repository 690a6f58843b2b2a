-- The unified contact index: one row per address and contact that has it, from every source.
-- grain: address, contact_id
with said_addresses as (
    select unnest(addresses) as address, contact_id, source
    from contacts.entries
    union all by name
    select subject as address, contact_id, 'confirmed' as source
    from contacts.decisions_in_force
    where kind in ('confirm', 'shared_address') and scope <> 'domain' and not is_contact_gone and contact_id is not null
),

indexed as (
    select
        address,
        contact_id,
        arg_min(source, list_position(['crm', 'address_book', 'confirmed', 'learned'], source)) as source
    from said_addresses
    group by address, contact_id
),

staff_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
)

select
    indexed.address,  -- lower case, no blanks
    canonical_address(indexed.address, mail_domains.class = 'relay') as canonical_address,  -- as the provider reads it
    case
        when staff_domains.domain is not null then 'internal'
        else coalesce(mail_domains.class, 'company')
    end as domain_class,  -- internal | relay | freemail | disposable | typo | company
    role_names.local_part is not null as is_role,  -- names a desk, not a person
    indexed.contact_id,
    contacts.is_company,  -- a company's address never identifies a person
    count(*) over (partition by indexed.address)::integer as cards_count,  -- cards that hold this address
    indexed.source  -- crm | address_book | confirmed | learned
from indexed
inner join contacts.contacts as contacts on indexed.contact_id = contacts.contact_id
left join contacts.mail_domains as mail_domains on split_part(indexed.address, '@', 2) = mail_domains.domain
left join staff_domains on split_part(indexed.address, '@', 2) = staff_domains.domain
left join contacts.role_names as role_names
    on split_part(split_part(indexed.address, '@', 1), '+', 1) = role_names.local_part
