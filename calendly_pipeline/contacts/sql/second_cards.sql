-- One row per card that is a further card of a person, and the card that stands for all cards of that person. Two cards
-- of one name and address are one person, unless people said otherwise; the CRM's lowest id stands for them.
-- grain: contact_id
with holders as (
    select
        addresses.contact_id, addresses.address, contacts.name_normalised, coalesce(contacts.generation, '') as generation,
        contacts.source
    from contacts.addresses as addresses
    inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
    where contacts.name_normalised is not null
        and contacts.contact_id not in (select contact_id from contacts.same_people)
),

leads as (
    select address, name_normalised, generation, arg_min(contact_id, (source <> 'crm', contact_id)) as lead_id
    from holders
    group by address, name_normalised, generation
),

cards as (
    select holders.contact_id, min(leads.lead_id) as lead_id
    from holders
    inner join leads using (address, name_normalised, generation)
    group by holders.contact_id
    union all by name
    select contact_id, lead_id
    from contacts.same_people
)

select contact_id, lead_id
from cards
where lead_id <> contact_id
