-- One row per contact that people said is, or is not, the same person as another: the card that stands for the person.
-- Cards are never merged; what is booked by any of them goes to the one that stands, the CRM's with the lowest id.
-- grain: contact_id
-- source of truth: decisions `same_person` and `not_same_person`; of two about one pair the newer holds
with recursive answers as (
    select
        least(one.contact_id, other.contact_id) as one_id,
        greatest(one.contact_id, other.contact_id) as other_id,
        arg_max(decisions.kind, (decisions.decided_at, decisions.decision_id)) as kind
    from contacts.decisions_in_force as decisions
    inner join contacts.contacts as one on decisions.contact_id = one.contact_id
    inner join contacts.contact_aliases as aliases on decisions.subject = aliases.former_id
    inner join contacts.contacts as other on aliases.contact_id = other.contact_id
    where decisions.scope = 'contact' and one.contact_id <> other.contact_id
    group by all
),

-- Two cards of one mailbox and name are one person without anybody saying so, unless somebody said no to one of them.
cards as (
    select addresses.contact_id, addresses.canonical_address, contacts.name_normalised, contacts.generation
    from contacts.addresses as addresses
    inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
    where contacts.name_normalised is not null
        and not exists (
            select 1 from answers
            where answers.kind = 'not_same_person' and contacts.contact_id in (answers.one_id, answers.other_id)
        )
),

edges as (
    select one_id, other_id from answers where kind = 'same_person'
    union
    select other_id as one_id, one_id as other_id from answers where kind = 'same_person'
    union
    select one.contact_id as one_id, other.contact_id as other_id
    from cards as one
    inner join cards as other
        on one.canonical_address = other.canonical_address
        and one.name_normalised = other.name_normalised
        and one.generation is not distinct from other.generation
    where one.contact_id <> other.contact_id
),

reached as (
    select unnest([one_id, other_id]) as named_id, named_id as contact_id
    from answers
    union
    select reached.named_id, edges.other_id as contact_id
    from reached
    inner join edges on reached.contact_id = edges.one_id
),

leads as (
    select
        reached.named_id,
        arg_min(reached.contact_id, (contacts.source <> 'crm', reached.contact_id)) as lead_id
    from reached
    inner join contacts.contacts as contacts on reached.contact_id = contacts.contact_id
    group by reached.named_id
)

select
    reached.contact_id,
    min(leads.lead_id) as lead_id  -- stands for all cards of this person; its own id: nobody else's
from reached
inner join leads on reached.named_id = leads.named_id
group by reached.contact_id
