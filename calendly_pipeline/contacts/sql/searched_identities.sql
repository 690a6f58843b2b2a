-- One row per identity whom no address leads to a person, so that telephone, company and name are asked. Guests are
-- never searched for, nor are staff. Behind the address of a desk or of a company the person is searched for, too.
-- grain: identity_id
-- changes with: identity_id
-- through: contacts.names: said = contacts.identities: name
with addressed as (
    select found.identity_id
    from contacts.candidates_address as found
    inner join contacts.contacts as contacts on found.contact_id = contacts.contact_id
    left join contacts.rejected_pairs as rejected
        on found.identity_id = rejected.identity_id and found.contact_id = rejected.contact_id
    where not contacts.is_company and rejected.identity_id is null
    group by found.identity_id
)

select
    identities.identity_id,
    identities.address,
    case
        when not identities.is_role and identities.domain_class <> 'relay'
            then split_part(identities.canonical_address, '@', 1)
    end as local_part,  -- as the provider reads it; null: a desk's or a relay's, which says nothing of a person
    split_part(identities.canonical_address, '@', 2) as domain,
    case when identities.domain_class = 'company' then split_part(identities.address, '@', 2) end as company_domain,
    case
        when not list_contains(rule_set.no_companies, identities.company_normalised)
            then identities.company_normalised
    end as company_normalised,
    identities.name_normalised,
    names.generation,
    identities.phone,
    identities.canonical_address
from contacts.identities as identities
cross join contacts.rule_set as rule_set
left join addressed on identities.identity_id = addressed.identity_id
left join contacts.internal_identities as internal on identities.identity_id = internal.identity_id
left join contacts.names as names on identities.name = names.said
where internal.identity_id is null
    and not identities.is_guest_only
    and (addressed.identity_id is null or identities.is_role)
