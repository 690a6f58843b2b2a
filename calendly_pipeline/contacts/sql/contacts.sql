-- One row per contact: everybody on a card of the CRM, and the people that only an address book knows.
-- Address-book people never receive writes; they are here so that their bookings are not taken for a client's.
-- grain: contact_id
-- source of truth: the CRM
with ranked as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by source = 'crm' desc, has_crm_id desc, own_id = contact_id desc, own_id
        ) as place
    from contacts.entries
)

select
    contact_id,  -- the CRM's id as said; `csv:` and a hash when there is none
    first_name,
    last_name,
    full_name,
    name_normalised,  -- null for companies and where the name is not usable
    generation,  -- jr, sr, ii, iii or iv
    company,
    job_title,
    is_company,
    assigned_user,
    household,
    source,  -- crm | address_book
    file_id,  -- file the card was last seen in
    line,
    read_at,  -- when the CRM's API was last known to say so; null: a file says it
    fields  -- header -> cell: the card's other columns as the CRM has them
from ranked
where place = 1
