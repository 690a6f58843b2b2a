-- One row per name of a person that a card of the CRM or of an address book says.
-- grain: said
with cards as (
    select full_name, first_name, middle_name, last_name from sources.crm_contacts
    union all by name
    select full_name, first_name, middle_name, last_name from sources.lacrm_contacts
    union all by name
    select full_name, first_name, middle_name, last_name from sources.address_books
)

select name_of(full_name, first_name, middle_name, last_name) as said
from cards
where name_of(full_name, first_name, middle_name, last_name) is not null
group by all
