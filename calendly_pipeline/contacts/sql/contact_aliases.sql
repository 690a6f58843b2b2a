-- One row per id a contact goes or went by: its own, the ones it would get from a file without ids, and those of
-- contacts that were merged into it.
-- Decisions and links made under a former id follow the contact.
-- grain: former_id
with own_names as (
    select contact_id, contact_id as former_id, 1 as place from contacts.entries
    union all by name
    select contact_id, own_id as former_id, 2 as place from contacts.entries
    union all by name
    select contact_id, derived_contact_id(unnest(addresses), name_normalised) as former_id, 3 as place
    from contacts.entries
    where source = 'crm' and name_normalised is not null
    union all by name
    select contact_id, former_id, 4 as place from contacts.merged_contacts
)

select
    former_id,
    arg_min(contact_id, (place, contact_id)) as contact_id
from own_names
group by former_id
