-- Of the invitees of the last 30 days no less are linked than 20 points below the half year before; a fall means that
-- contacts are missing from the index or that a rule broke. Silent under 50 invitees.
-- asset: contacts.matches
-- severity: warn
with invitees as (
    select
        meetings.starts_at > $as_of::timestamptz - interval 30 day as is_recent,
        matches.contact_id is not null as is_linked
    from contacts.matches as matches
    inner join meetings.meetings as meetings on matches.meeting_id = meetings.meeting_id
    where matches.role = 'invitee'
        and matches.decision <> 'internal'
        and meetings.starts_at > $as_of::timestamptz - interval 210 day
        and meetings.starts_at <= $as_of::timestamptz
),

rates as (
    select
        count(*) filter (where is_recent) as recent_count,
        count(*) filter (where not is_recent) as earlier_count,
        avg(is_linked::integer) filter (where is_recent) as recent_rate,
        avg(is_linked::integer) filter (where not is_recent) as earlier_rate
    from invitees
)

select recent_count, earlier_count, recent_rate, earlier_rate
from rates
where recent_count >= 50 and earlier_count >= 50 and recent_rate < earlier_rate - 0.2
