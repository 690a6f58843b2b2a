-- Whoever books from one of the firm's own mail domains, or from a host's address, is staff, unless the address is an
-- exception or a person decided otherwise.
-- asset: contacts.matches
-- severity: error
with own as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
),

exceptions as (
    select plain_address(unnest(from_json($internal_exceptions, '["VARCHAR"]'))) as address
)

select matches.attendee_id, matches.decision, matches.rule
from contacts.matches as matches
inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id
where
    matches.decision not in ('internal', 'confirmed', 'rejected')
    and attendees.address not in (select address from exceptions where address is not null)
    and (
        split_part(attendees.address, '@', 2) in (select domain from own)
        or attendees.address in (select host_email from meetings.meetings where host_email is not null)
    )
