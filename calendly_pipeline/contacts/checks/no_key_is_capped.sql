-- No telephone number, name or company is shared by so many cards and bookings that it is not followed; whoever could
-- only be found by it is not found. Mostly a number or name that stands for none.
-- asset: contacts.capped_keys
-- severity: warn
select block, cards_count, identities_count, example_identity_id
from contacts.capped_keys
