-- One row per attendee: the identity it belongs to, and what it says of the identity. An identity is a distinct address,
-- normalised name, telephone and company.
-- grain: attendee_id
-- changes with: attendee_id
-- through: contacts.names: said = contacts.attendee_details: name
-- through: contacts.phone_numbers: said = contacts.attendee_details: phone
select
    details.attendee_id,
    key_of([
        details.address, names.name_normalised, phone_numbers.e164, plain_company(details.company)
    ])::uuid as identity_id,  -- a number: tables are looked up by it, day after day
    details.meeting_id,
    details.role,  -- invitee | guest | co_host
    details.crm_contact_hint,  -- contact id carried in the booking link
    details.address,
    details.name,  -- as said
    names.name_normalised,
    phone_numbers.e164 as phone,  -- E.164
    details.company,
    details.is_counted
from contacts.attendee_details as details
left join contacts.names as names on details.name = names.said
left join contacts.phone_numbers as phone_numbers on details.phone = phone_numbers.said
