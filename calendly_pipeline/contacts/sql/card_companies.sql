-- One row per person and company they belong to: a mail domain (written @domain) or the name on the card. Where most
-- cards with addresses of a domain name one company, whoever else's card names that company belongs to the domain, too.
-- grain: contact_id, company
with said_domains as (
    select addresses.contact_id, '@' || split_part(addresses.address, '@', 2) as company
    from contacts.addresses as addresses
    where addresses.domain_class = 'company' and not addresses.is_company
    group by all
),

said_names as (
    select contacts.contact_id, plain_company(contacts.company) as company
    from contacts.contacts as contacts
    cross join contacts.rule_set as rule_set
    where not contacts.is_company
        and plain_company(contacts.company) is not null
        and not list_contains(rule_set.no_companies, plain_company(contacts.company))
),

colleagues as (
    select said_domains.company as domain, said_names.company, count(*) as cards_count
    from said_domains
    inner join said_names on said_domains.contact_id = said_names.contact_id
    group by said_domains.company, said_names.company
),

-- A provider that stands on no list is the domain of many companies, and so of none.
company_domains as (
    select domain, arg_max(company, (cards_count, company)) as company
    from colleagues
    cross join contacts.rule_set as rule_set
    group by domain, rule_set.domain_cards, rule_set.domain_share
    having max(cards_count) >= rule_set.domain_cards
        and max(cards_count) >= rule_set.domain_share * sum(cards_count)
),

belonging as (
    select contact_id, company from said_domains
    union
    select contact_id, company from said_names
    union
    select said_names.contact_id, company_domains.domain as company
    from said_names
    inner join company_domains on said_names.company = company_domains.company
)

select
    contact_id,
    company,
    count(*) over (partition by company) as company_contacts  -- people known there
from belonging
