-- One row per attendee and contact behind it; every attendee has at least one row, without a contact when there is
-- none, when it is staff, or when a person has to decide (the candidates are in contacts.review_queue).
-- grain: match_id
-- changes with: identity_id
with links as (
    select
        candidates.identity_id,
        candidates.contact_id as named_id,
        coalesce(same_people.lead_id, candidates.contact_id) as contact_id,
        candidates.contact_address is not null or candidates.name_rank <= 3 as is_agreeing,
        rules.rule,
        rules.decision,
        case when rules.decision = 'review' then 'R1' else rules.tier end as tier,
        rules.score + 4 - candidates.name_rank as score,
        explained(
            rules.explanation, identities.name, identities.address, contacts.full_name, candidates.contact_address, 1
        ) as explanation
    from contacts.candidates as candidates
    inner join contacts.identities as identities on candidates.identity_id = identities.identity_id
    inner join contacts.contacts as contacts on candidates.contact_id = contacts.contact_id
    left join contacts.same_people as same_people on candidates.contact_id = same_people.contact_id
    inner join contacts.rules as rules
        on rules.rule = case
            when candidates.contact_address is not null or candidates.name_rank <= 3 then 'link_id'
            else 'link_of_another'
        end
    where candidates.basis = 'link_id'
        and not candidates.is_rejected
        and not candidates.is_company
        and rules.decision <> 'off'
),

chain_links as (
    select
        chains.attendee_id,
        chains.identity_id,
        chains.contact_id,
        rules.rule,
        rules.decision,
        case when rules.decision = 'review' then 'R1' else rules.tier end as tier,
        rules.score,
        explained(
            rules.explanation, identities.name, identities.address, contacts.full_name, null, 1
        ) as explanation
    from contacts.chain_links as chains
    inner join contacts.identities as identities on chains.identity_id = identities.identity_id
    inner join contacts.contacts as contacts on chains.contact_id = contacts.contact_id
    inner join contacts.rules as rules on rules.rule = 'reschedule_chain'
    where rules.decision <> 'off'
),

id_links as (
    select attendees.attendee_id, links.*
    from contacts.attendee_identities as attendees
    inner join contacts.contact_aliases as contact_aliases on attendees.crm_contact_hint = contact_aliases.former_id
    inner join links
        on attendees.identity_id = links.identity_id and contact_aliases.contact_id = links.named_id
    -- What people decided, and who is staff, stands above any link.
    where not exists (
        select 1 from contacts.identity_verdicts as verdicts
        where verdicts.identity_id = attendees.identity_id
            and (verdicts.decision in ('confirmed', 'rejected', 'internal'))
    )
),

attendee_links as (
    select attendee_id, contact_id, rule, decision, tier, score, explanation
    from id_links
    union all by name
    select attendee_id, contact_id, rule, decision, tier, score, explanation
    from chain_links
    where attendee_id not in (select attendee_id from id_links)
),

version as (
    select rule_set_version
    from contacts.rule_set
)

select
    attendees.attendee_id || '/' || coalesce(
        case
            when links.attendee_id is null then verdicts.contact_id
            when links.decision = 'auto' then links.contact_id
        end, ''
    ) as match_id,
    attendees.attendee_id,
    attendees.meeting_id,
    attendees.role,  -- invitee | guest | co_host
    attendees.identity_id,
    case
        when links.attendee_id is null then verdicts.contact_id
        when links.decision = 'auto' then links.contact_id
    end as contact_id,  -- null: nobody, staff, or not decided yet
    coalesce(links.decision, verdicts.decision) as decision,  -- auto | review | confirmed | rejected | unmatched | internal
    case when links.attendee_id is null then verdicts.tier else links.tier end as tier,  -- null: nothing was found
    coalesce(links.rule, verdicts.rule) as rule,
    case when links.attendee_id is null then verdicts.score else links.score end as score,  -- a rank, no probability
    verdicts.expected_strangers,  -- of this name among the bookings; null: no full name, or nobody had to be searched
    case when links.attendee_id is null then verdicts.is_name_different else false end as is_name_different,
    version.rule_set_version,
    coalesce(links.explanation, verdicts.explanation) as explanation
from contacts.attendee_identities as attendees
inner join contacts.identity_verdicts as verdicts on attendees.identity_id = verdicts.identity_id
cross join version
left join attendee_links as links on attendees.attendee_id = links.attendee_id
