-- A blank is planned only over a value that we wrote ourselves.
-- asset: destinations.plan
-- severity: error
with blanks as (
    select plan.record_key, keys.field
    from destinations.plan as plan
    cross join unnest(json_keys(plan.payload)) as keys (field)
    where plan.destination = 'lacrm' and json_type(plan.payload, '$."' || keys.field || '"') = 'NULL'
)

select blanks.record_key, blanks.field
from blanks
left join destinations.lacrm_values as held on blanks.record_key = held.contact_id and blanks.field = held.field
where held.last_written is null or held.present is distinct from held.last_written
