-- One row per person who books and whom no contact is found for: to be looked at for new cards in the CRM, most
-- meetings first. Names, numbers and companies given under one mailbox are one person's. Guests and staff are left out.
-- grain: person_id
-- changes with: mailbox
-- through: contacts.matches: identity_id = contacts.identities: identity_id
-- through: contacts.hints: identity_id = contacts.identities: identity_id
-- through: contacts.attendee_identities: identity_id = contacts.identities: identity_id
-- through: meetings.meetings: meeting_id = contacts.attendee_identities: meeting_id
with unmatched as (
    select distinct
        identities.identity_id,
        identities.mailbox,
        identities.address,
        identities.name,
        identities.phone,
        identities.company,
        identities.meetings_count,
        identities.first_seen_on,
        identities.last_seen_on,
        matches.rule = 'new_contact' as is_decided
    from contacts.matches as matches
    inner join contacts.identities as identities on matches.identity_id = identities.identity_id
    where matches.role = 'invitee'
        and (matches.decision = 'unmatched' or (matches.decision = 'rejected' and matches.rule = 'rejected'))
),

hinted as (
    select unmatched.mailbox, count(distinct hints.contact_id) as hints_count
    from unmatched
    inner join contacts.hints as hints on unmatched.identity_id = hints.identity_id
    group by unmatched.mailbox
),

hosted as (
    select unmatched.mailbox, meetings.host_email
    from unmatched
    inner join contacts.attendee_identities as attendees on unmatched.identity_id = attendees.identity_id
    inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    where meetings.host_email is not null
    group by unmatched.mailbox, meetings.host_email
),

hosts as (
    select mailbox, list_sort(list(host_email)) as hosts
    from hosted
    group by mailbox
)

select
    key_of([unmatched.mailbox]) as person_id,
    unmatched.mailbox,  -- canonical address; where none was given, the identity
    min(unmatched.address) as address,
    arg_max(unmatched.name, (unmatched.meetings_count, unmatched.identity_id)) as name,  -- as given most often
    arg_max(unmatched.phone, (unmatched.meetings_count, unmatched.identity_id)) as phone,  -- E.164
    arg_max(unmatched.company, (unmatched.meetings_count, unmatched.identity_id)) as company,
    sum(unmatched.meetings_count)::integer as meetings_count,
    min(unmatched.first_seen_on) as first_seen_on,
    max(unmatched.last_seen_on) as last_seen_on,
    coalesce(min(hosts.hosts), []) as hosts,  -- addresses
    bool_or(unmatched.is_decided) as is_decided,  -- a person said that this is somebody new
    coalesce(min(hinted.hints_count), 0)::integer as hints_count,  -- worth a look first
    list_sort(list(distinct unmatched.identity_id)) as identity_ids
from unmatched
left join hosts on unmatched.mailbox = hosts.mailbox
left join hinted on unmatched.mailbox = hinted.mailbox
group by unmatched.mailbox
