-- One row per identity and contact that a person decided on. The newest decision of the narrowest scope wins
-- (address and name, then address, then domain); decisions of one instant are one answer, e.g. both spouses.
-- grain: decided_id
-- changes with: identity_id
with applicable as (
    select identities.identity_id, decisions.*
    from contacts.identities as identities
    inner join contacts.decisions_in_force as decisions
        on identities.canonical_address = decisions.subject
        and coalesce(identities.name_normalised, '') = decisions.name_normalised
    where decisions.scope = 'identity'
    union all by name
    select identities.identity_id, decisions.*
    from contacts.identities as identities
    inner join contacts.decisions_in_force as decisions on identities.canonical_address = decisions.subject
    where decisions.scope = 'address'
    union all by name
    select identities.identity_id, decisions.*
    from contacts.identities as identities
    inner join contacts.decisions_in_force as decisions on split_part(identities.address, '@', 2) = decisions.subject
    where decisions.scope = 'domain'
),

newest as (
    select *
    from applicable
    where (kind in ('never_match', 'new_contact') or (kind in ('confirm', 'always_map', 'books_for') and contact_id is not null))
        and not exists (
            select 1 from contacts.rejected_pairs as rejected
            where rejected.identity_id = applicable.identity_id and rejected.contact_id = applicable.contact_id
        )
    qualify rank() over (
        partition by identity_id
        order by list_position(['identity', 'address', 'domain'], scope), decided_at desc
    ) = 1
),

answers as (
    select newest.* exclude (contact_id), coalesce(same_people.lead_id, newest.contact_id) as contact_id
    from newest
    left join contacts.same_people as same_people on newest.contact_id = same_people.contact_id
    qualify newest.kind = arg_max(newest.kind, newest.decision_id) over (partition by newest.identity_id)
)

select
    identity_id || '/' || coalesce(contact_id, '') as decided_id,
    identity_id,
    contact_id,  -- null: decided that it is nobody's card
    max(decision_id) as decision_id,
    case
        when bool_or(is_contact_gone) then 'decided_contact_gone'
        when max(kind) = 'confirm' then 'confirmed'
        else max(kind)
    end as rule,  -- confirmed | always_map | books_for | never_match | new_contact | decided_contact_gone
    bool_or(kind = 'never_match' and starts_with(lower(reason), 'internal')) as is_internal
from answers
group by identity_id, contact_id
