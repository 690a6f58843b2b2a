-- One row per person who books and whom no contact is found for: to be looked at for new cards in the CRM, most
-- meetings first. Names, numbers and companies given under one mailbox are one person's. Guests and staff are left out.
-- grain: person_id
with unmatched as (
    select distinct identities.*, matches.rule = 'new_contact' as is_decided
    from contacts.matches as matches
    inner join contacts.identities as identities on matches.identity_id = identities.identity_id
    where matches.role = 'invitee'
        and (matches.decision = 'unmatched' or (matches.decision = 'rejected' and matches.rule = 'rejected'))
),

hinted as (
    select identity_id, list(contact_id) as contact_ids
    from contacts.hints
    group by identity_id
),

hosts as (
    select
        attendees.identity_id,
        list_sort(list_filter(list(distinct meetings.host_email), lambda host: host is not null)) as hosts
    from contacts.attendee_identities as attendees
    inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    group by attendees.identity_id
)

select
    key_of([coalesce(unmatched.canonical_address, unmatched.identity_id)]) as person_id,
    min(unmatched.address) as address,
    arg_max(unmatched.name, (unmatched.meetings_count, unmatched.identity_id)) as name,  -- as given most often
    arg_max(unmatched.phone, (unmatched.meetings_count, unmatched.identity_id)) as phone,  -- E.164
    arg_max(unmatched.company, (unmatched.meetings_count, unmatched.identity_id)) as company,
    sum(unmatched.meetings_count)::integer as meetings_count,
    min(unmatched.first_seen_on) as first_seen_on,
    max(unmatched.last_seen_on) as last_seen_on,
    list_sort(list_distinct(flatten(list(coalesce(hosts.hosts, []))))) as hosts,  -- addresses
    bool_or(unmatched.is_decided) as is_decided,  -- a person said that this is somebody new
    len(list_distinct(flatten(list(coalesce(hinted.contact_ids, [])))))::integer as hints_count,  -- worth a look first
    list_sort(list(distinct unmatched.identity_id)) as identity_ids
from unmatched
left join hosts on unmatched.identity_id = hosts.identity_id
left join hinted on unmatched.identity_id = hinted.identity_id
group by coalesce(unmatched.canonical_address, unmatched.identity_id)
