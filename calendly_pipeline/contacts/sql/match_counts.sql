-- One row per decision and rule: how many attendees it decided.
-- grain: decision, rule
select
    tallies.decision,  -- auto | review | confirmed | rejected | unmatched | internal
    tallies.rule,
    min(tallies.tier) as tier,
    sum(tallies.attendees_count)::bigint as attendees_count,
    sum(tallies.invitees_count)::bigint as invitees_count,
    count(*) as identities_count
from contacts.match_tallies as tallies
group by tallies.decision, tallies.rule
