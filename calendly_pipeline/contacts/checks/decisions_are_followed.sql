-- Every decision names a kind this stage knows; one that it does not know has no effect.
-- asset: contacts.decisions
-- severity: warn
select decision_id, kind
from contacts.decisions_in_force
where kind not in (
    'confirm', 'reject', 'always_map', 'books_for', 'never_match', 'new_contact', 'shared_address', 'household', 'undo'
)
