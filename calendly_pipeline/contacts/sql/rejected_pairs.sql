-- One row per identity and contact that a person said do not belong together, unless they said otherwise later. Who is
-- rejected is rejected with all their cards.
-- grain: identity_id, contact_id
-- changes with: identity_id
with rejected as (
    select
        identities.identity_id,
        coalesce(same_people.lead_id, decisions.contact_id) as lead_id
    from contacts.identities as identities
    inner join contacts.decisions_in_force as decisions
        on identities.canonical_address = decisions.subject
        and coalesce(identities.name_normalised, '') = decisions.name_normalised
    left join contacts.same_people as same_people on decisions.contact_id = same_people.contact_id
    where decisions.kind in ('reject', 'confirm', 'always_map', 'books_for')
        and decisions.scope = 'identity'
        and decisions.contact_id is not null
    group by identities.identity_id, coalesce(same_people.lead_id, decisions.contact_id)
    having arg_max(decisions.kind, (decisions.decided_at, decisions.decision_id)) = 'reject'
)

select identity_id, lead_id as contact_id
from rejected
union
select rejected.identity_id, same_people.contact_id
from rejected
inner join contacts.same_people as same_people on rejected.lead_id = same_people.lead_id
