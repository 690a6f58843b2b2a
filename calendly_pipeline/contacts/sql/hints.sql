-- One row per unmatched identity and contact that may be worth a look: shown on the identity, asked of nobody.
-- grain: identity_id, contact_id
-- changes with: identity_id
select
    proposals.identity_id,
    proposals.contact_id,
    proposals.place,  -- 1 is the likeliest
    proposals.rule,  -- what the two have in common
    proposals.name_agreement,
    proposals.expected_strangers
from contacts.proposals as proposals
inner join contacts.identity_verdicts as verdicts on proposals.identity_id = verdicts.identity_id
where verdicts.decision = 'unmatched'
