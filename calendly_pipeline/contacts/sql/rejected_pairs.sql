-- One row per identity and contact that a person said do not belong together, unless they said otherwise later.
-- grain: identity_id, contact_id
select
    identities.identity_id,
    decisions.contact_id
from contacts.identities as identities
inner join contacts.decisions_in_force as decisions
    on identities.canonical_address = decisions.subject
    and coalesce(identities.name_normalised, '') = decisions.name_normalised
where decisions.kind in ('reject', 'confirm', 'always_map', 'books_for')
    and decisions.scope = 'identity'
    and decisions.contact_id is not null
group by identities.identity_id, decisions.contact_id
having arg_max(decisions.kind, (decisions.decided_at, decisions.decision_id)) = 'reject'
