-- One row per household and contact in it, as the CRM or a person says; never inferred from names or addresses. The CRM
-- says so by a field of that name, or by relationships whose note the firm named (`lacrm.household_relationships`).
-- grain: household_id, contact_id
with recursive named as (
    select lower(unnest(from_json($household_relationships, '["VARCHAR"]'))) as note
),

pairs as (
    select one.contact_id as one_id, other.contact_id as other_id
    from sources.lacrm_relationships as relationships
    inner join named on lower(relationships.note) = named.note
    inner join contacts.contact_aliases as one on relationships.contact_id = one.former_id
    inner join contacts.contact_aliases as other on relationships.other_contact_id = other.former_id
    where one.contact_id <> other.contact_id
        and one.contact_id not in (select contact_id from contacts.contacts where is_company)
        and other.contact_id not in (select contact_id from contacts.contacts where is_company)
),

edges as (
    select one_id, other_id from pairs
    union
    select other_id as one_id, one_id as other_id from pairs
),

-- Who is related to one of a household is of it.
reached as (
    select one_id as contact_id, one_id as relative_id
    from edges
    union
    select reached.contact_id, edges.other_id as relative_id
    from reached
    inner join edges on reached.relative_id = edges.one_id
),

related as (
    select contact_id, 'lacrm:' || min(relative_id) as household_id
    from reached
    group by contact_id
),

members as (
    select household as household_id, contact_id, 'crm' as source
    from contacts.contacts
    where household is not null and not is_company and source = 'crm'
    union all by name
    select household_id, contact_id, 'crm' as source
    from related
    union all by name
    select subject as household_id, contact_id, 'decision' as source
    from contacts.decisions_in_force
    where kind = 'household' and not is_contact_gone and contact_id is not null
)

select
    household_id,  -- as the CRM or the person calls it; `lacrm:` and the lowest id, where relationships make it
    contact_id,
    min(source) as source  -- crm | decision
from members
group by household_id, contact_id
