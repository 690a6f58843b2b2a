-- A plan touches mapped custom fields only, never a name, an address, a phone or the owner of a card.
-- asset: destinations.plan
-- severity: error
with planned as (
    select destination, record_key, unnest(json_keys(payload)) as field
    from destinations.plan
)

select destination, record_key, field
from planned
where
    destination = 'lacrm'
    and (
        field not in (select field from destinations.lacrm_fields)
        or lower(field) in ('name', 'email', 'phone', 'address', 'assignedto', 'company name', 'job title', 'background info')
    )
