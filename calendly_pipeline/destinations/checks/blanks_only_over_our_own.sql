-- A blank is planned only over a value that we wrote ourselves.
-- asset: destinations.plan
-- severity: error
with blanks as (
    select record_key, planned.key as field
    from (
        select record_key, unnest(map_entries(from_json(payload, '"MAP(VARCHAR, VARCHAR)"'))) as planned
        from destinations.plan
        where destination = 'lacrm' and kind = 'card'
    )
    where planned.value is null
)

select blanks.record_key, blanks.field
from blanks
left join destinations.lacrm_values as held on blanks.record_key = held.contact_id and blanks.field = held.field
where held.last_written is null or held.present is distinct from held.last_written
