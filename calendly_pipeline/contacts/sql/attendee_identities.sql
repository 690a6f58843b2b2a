-- One row per attendee: the identity it belongs to. An identity is a distinct address, name, telephone and company.
-- grain: attendee_id
with normalised as (
    select
        details.attendee_id,
        details.meeting_id,
        details.role,
        details.address,
        details.canonical_address,
        details.name,
        names.name_normalised,
        phone_numbers.e164 as phone,
        details.company,
        plain_company(details.company) as company_normalised,
        details.crm_contact_hint,
        details.is_counted
    from contacts.attendee_details as details
    left join contacts.names as names on details.name = names.said
    left join contacts.phone_numbers as phone_numbers on details.phone = phone_numbers.said
)

select
    attendee_id,
    key_of([address, name_normalised, phone, company_normalised]) as identity_id,
    meeting_id,
    role,  -- invitee | guest | co_host
    address,
    canonical_address,
    name,  -- as said
    name_normalised,
    phone,  -- E.164
    company,
    company_normalised,
    crm_contact_hint,
    is_counted  -- false for the second record of one meeting
from normalised
