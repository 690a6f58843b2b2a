-- One row per identity, decision and rule: how many attendees it decided.
-- grain: identity_id, decision, rule
-- changes with: identity_id
with people as (
    select
        identity_id,
        decision,
        rule,
        min(tier) as tier,
        count(*) as rows_count,
        count(*) filter (where role = 'invitee') as invitee_rows_count,
        count(contact_id) > 0 and (min(contact_id) <> max(contact_id) or count(contact_id) < count(*)) as has_several
    from contacts.matches
    group by identity_id, decision, rule
),

-- Only whose matches name several contacts has attendees with several rows: the rest is counted without looking at each.
several as (
    select
        matches.identity_id,
        matches.decision,
        matches.rule,
        count(distinct matches.attendee_id) as attendees_count,
        count(distinct matches.attendee_id) filter (where matches.role = 'invitee') as invitees_count
    from contacts.matches as matches
    inner join people
        on people.has_several
        and matches.identity_id = people.identity_id
        and matches.decision = people.decision
        and matches.rule = people.rule
    group by matches.identity_id, matches.decision, matches.rule
)

select
    people.identity_id,
    people.decision,  -- auto | review | confirmed | rejected | unmatched | internal
    people.rule,
    people.tier,
    coalesce(several.attendees_count, people.rows_count)::integer as attendees_count,
    coalesce(several.invitees_count, people.invitee_rows_count)::integer as invitees_count
from people
left join several
    on people.identity_id = several.identity_id
    and people.decision = several.decision
    and people.rule = several.rule
