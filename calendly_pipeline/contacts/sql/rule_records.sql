-- One row per rule that people answered about: how often they answered as it proposed. Of several answers about one
-- person the first counts, for the later ones were given when the rule's own proposal was gone.
-- grain: rule
with answers as (
    select
        decisions.rule,
        in_force.subject,
        in_force.name_normalised,
        in_force.decided_at,
        bool_or(
            in_force.kind in ('confirm', 'always_map', 'books_for')
            and decisions.contact_id = decisions.proposed_contact_id
        ) as is_as_proposed
    from contacts.decisions_in_force as in_force
    inner join contacts.decisions as decisions on in_force.decision_id = decisions.decision_id
    where decisions.rule is not null
        and in_force.kind in ('confirm', 'always_map', 'books_for', 'reject', 'never_match', 'new_contact')
    group by decisions.rule, in_force.subject, in_force.name_normalised, in_force.decided_at
    qualify row_number() over (
        partition by decisions.rule, in_force.subject, in_force.name_normalised order by in_force.decided_at
    ) = 1
)

select
    answers.rule,
    count(*) as answers_count,
    count(*) filter (where coalesce(answers.is_as_proposed, false)) as right_count,
    avg(coalesce(answers.is_as_proposed, false)::integer) as precision_rate,
    min(rules.precision_floor) as precision_floor  -- of rules.toml; null: none is asked of it
from answers
left join contacts.rules as rules on answers.rule = rules.rule
group by answers.rule
