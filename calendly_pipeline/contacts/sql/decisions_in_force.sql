-- One row per decision that was not undone, its contact followed to the id it has today.
-- grain: decision_id
with undone as (
    select undo.undoes as decision_id
    from contacts.decisions as undo
    where undo.undoes is not null
        and not exists (select 1 from contacts.decisions as later where later.undoes = undo.decision_id)
)

select
    decisions.decision_id,
    replace(lower(decisions.kind), '-', '_') as kind,
    case
        when replace(lower(decisions.kind), '-', '_') = 'household' then 'household'
        when replace(lower(decisions.kind), '-', '_') in ('same_person', 'not_same_person') then 'contact'
        when not contains(ltrim(decisions.canonical_address, '@'), '@') then 'domain'
        when decisions.name_normalised <> '' or replace(lower(decisions.kind), '-', '_') in ('confirm', 'reject', 'new_contact')
            then 'identity'
        else 'address'
    end as scope,  -- identity (address and name) | address | domain | household | contact
    case
        when replace(lower(decisions.kind), '-', '_') in ('household', 'same_person', 'not_same_person')
            then decisions.canonical_address
        else ltrim(lower(decisions.canonical_address), '@')
    end as subject,  -- canonical address, domain, name of the household, or id of the other contact
    coalesce(decisions.name_normalised, '') as name_normalised,  -- blank: the booking gave no name
    coalesce(contact_aliases.contact_id, decisions.contact_id) as contact_id,
    decisions.contact_id is not null and contacts.contact_id is null as is_contact_gone,
    decisions.decided_by,
    decisions.decided_at,
    coalesce(decisions.reason, '') as reason
from contacts.decisions as decisions
left join contacts.contact_aliases as contact_aliases on decisions.contact_id = contact_aliases.former_id
left join contacts.contacts as contacts
    on coalesce(contact_aliases.contact_id, decisions.contact_id) = contacts.contact_id
where decisions.undoes is null
    and decisions.decision_id not in (select decision_id from undone)
