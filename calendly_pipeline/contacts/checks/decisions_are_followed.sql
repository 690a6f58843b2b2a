-- Every decision names a kind this stage knows, and no two contacts that are not one person are one by other decisions;
-- such a decision has no effect.
-- asset: contacts.decisions
-- severity: warn
select decision_id, kind
from contacts.decisions_in_force
where kind not in (
    'confirm', 'reject', 'always_map', 'books_for', 'never_match', 'new_contact', 'shared_address', 'household',
    'same_person', 'not_same_person', 'undo'
)
union all by name
select decisions.decision_id, decisions.kind
from contacts.decisions_in_force as decisions
inner join contacts.same_people as one on decisions.contact_id = one.contact_id
inner join contacts.contact_aliases as aliases on decisions.subject = aliases.former_id
inner join contacts.same_people as other on aliases.contact_id = other.contact_id
where decisions.kind = 'not_same_person' and one.lead_id = other.lead_id
