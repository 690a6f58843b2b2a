-- A plan touches mapped custom fields only, never what says who a person is: name, address, phone, owner and the like.
-- asset: destinations.plan
-- severity: error
with planned as (
    select destination, record_key, unnest(json_keys(payload)) as field
    from destinations.plan
    where destination = 'lacrm' and kind = 'card'
)

select planned.destination, planned.record_key, planned.field
from planned
left join destinations.lacrm_fields as mapped on planned.field = mapped.field
where
    mapped.field is null
    or regexp_replace(lower(planned.field), '\s+', '', 'g') in (
        'name', 'salutation', 'firstname', 'middlename', 'lastname', 'suffix', 'companyname', 'jobtitle', 'email',
        'phone', 'address', 'website', 'birthday', 'backgroundinfo', 'assignedto', 'contactid', 'companyid', 'iscompany'
    )
