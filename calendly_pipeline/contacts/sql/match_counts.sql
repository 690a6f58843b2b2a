-- One row per decision and rule: how many attendees it decided.
-- grain: decision, rule
select
    matches.decision,  -- auto | review | confirmed | rejected | unmatched | internal
    matches.rule,
    min(matches.tier) as tier,
    count(distinct matches.attendee_id) as attendees_count,
    count(distinct matches.attendee_id) filter (where matches.role = 'invitee') as invitees_count,
    count(distinct matches.identity_id) as identities_count
from contacts.matches as matches
group by matches.decision, matches.rule
