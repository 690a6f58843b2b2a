-- One row per identity that waits for a person's decision, most meetings and best candidates first.
-- grain: identity_id
-- stored: no, its ranks change with every case
select
    identity_id,
    row_number() over (order by meetings_count * score desc, score desc, identity_id)::integer as rank,  -- 1 is asked first
    tier,
    rule,
    score,
    address,
    canonical_address,  -- with name_normalised: what a decision is kept under
    name,
    name_normalised,
    company,
    phone,
    meetings_count,
    waiting_count,  -- attendances the answer would settle
    first_seen_on,
    last_seen_on,
    candidates,  -- best first, at most as many as rules.toml says
    is_both_offered,  -- one meeting of several
    explanation
from contacts.waiting_identities
