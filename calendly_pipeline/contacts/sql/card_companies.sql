-- One row per person and company they belong to: a mail domain (written @domain) or the name on the card.
-- grain: contact_id, company
with said_companies as (
    select addresses.contact_id, '@' || split_part(addresses.address, '@', 2) as company
    from contacts.addresses as addresses
    where addresses.domain_class = 'company' and not addresses.is_company
    union
    select contacts.contact_id, plain_company(contacts.company) as company
    from contacts.contacts as contacts
    cross join contacts.rule_set as rule_set
    where not contacts.is_company
        and plain_company(contacts.company) is not null
        and not list_contains(rule_set.no_companies, plain_company(contacts.company))
)

select
    contact_id,
    company,
    count(*) over (partition by company) as company_contacts  -- people known there
from said_companies
