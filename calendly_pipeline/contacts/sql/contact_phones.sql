-- One row per contact and telephone number of theirs, in E.164.
-- grain: contact_id, phone
-- through: contacts.phone_numbers: said = contacts.entries: unnest(phones)
with said_numbers as (
    select contact_id, unnest(phones) as said
    from contacts.entries
)

select
    said_numbers.contact_id,
    phone_numbers.e164 as phone
from said_numbers
inner join contacts.phone_numbers as phone_numbers on said_numbers.said = phone_numbers.said
where phone_numbers.e164 is not null
group by said_numbers.contact_id, phone_numbers.e164
