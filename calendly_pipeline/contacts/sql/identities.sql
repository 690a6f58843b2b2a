-- One row per distinct person who booked or attended: address, normalised name, telephone and company.
-- Matching is done once per identity, and so are decisions.
-- grain: identity_id
-- time zone: first and last day in the firm's zone
-- changes with: identity_id
-- through: meetings.meetings: meeting_id = contacts.attendee_identities: meeting_id
-- through: contacts.name_parts: name_normalised = contacts.identities: name_normalised
with grouped as (
    select
        attendees.identity_id,
        min(attendees.address) as address,
        min(attendees.name) as name,
        min(attendees.name_normalised) as name_normalised,
        min(attendees.phone) as phone,
        min(attendees.company) as company,
        day_in(min(meetings.starts_at), $firm_time_zone) as first_seen_on,
        day_in(max(meetings.starts_at), $firm_time_zone) as last_seen_on,
        count(*) filter (where attendees.is_counted) as meetings_count,
        bool_and(attendees.role = 'guest') as is_guest_only,
        bool_or(attendees.role = 'co_host') as is_co_host
    from contacts.attendee_identities as attendees
    left join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    group by attendees.identity_id
),

staff_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
)

select
    grouped.identity_id,  -- hash of address, normalised name, telephone and company
    grouped.address,
    canonical_address(grouped.address, mail_domains.class = 'relay') as canonical_address,  -- as the provider reads it
    coalesce(canonical_address, identity_text(grouped.identity_id)) as mailbox,  -- the identity's own where it has no address
    grouped.name,  -- as said
    grouped.name_normalised,
    name_parts.first_token,
    name_parts.last_token,  -- null: a single word was given
    grouped.phone,  -- E.164
    grouped.company,
    plain_company(grouped.company) as company_normalised,
    case
        when staff_domains.domain is not null then 'internal'
        else coalesce(mail_domains.class, 'company')
    end as domain_class,  -- internal | relay | freemail | disposable | typo | company
    role_names.local_part is not null as is_role,  -- the address names a desk, not a person
    grouped.is_guest_only,  -- never booked, only came along
    grouped.is_co_host,
    grouped.first_seen_on,
    grouped.last_seen_on,
    grouped.meetings_count::integer as meetings_count
from grouped
left join contacts.name_parts as name_parts on grouped.name_normalised = name_parts.name_normalised
left join contacts.mail_domains as mail_domains on split_part(grouped.address, '@', 2) = mail_domains.domain
left join staff_domains on split_part(grouped.address, '@', 2) = staff_domains.domain
left join contacts.role_names as role_names
    on split_part(split_part(grouped.address, '@', 1), '+', 1) = role_names.local_part
