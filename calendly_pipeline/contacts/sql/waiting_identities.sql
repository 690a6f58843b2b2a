-- One row per identity that waits for a person's decision, with the candidates to choose from.
-- grain: identity_id
-- changes with: identity_id
with waiting as (
    select
        identity_id,
        arg_max(rule, (score, rule)) as rule,
        max(score) as score,
        arg_max(explanation, (score, rule)) as explanation,
        arg_max(tier, (score, rule)) as tier,
        count(distinct attendee_id) as waiting_count
    from contacts.matches
    where decision = 'review'
    group by identity_id
),

offered as (
    select
        candidates.identity_id,
        candidates.contact_id,
        candidates.basis,
        candidates.name_agreement,
        candidates.contact_address,
        case candidates.basis
            when 'email_exact' then 100 when 'link_id' then 96 when 'email_canonical' then 95
            when 'email_typo_domain' then 92
        end + 4 - candidates.name_rank as score
    from contacts.candidates as candidates
    where not candidates.is_rejected
    union all by name
    select
        namesakes.identity_id,
        namesakes.contact_id,
        namesakes.basis,
        namesakes.name_agreement,
        85 + 4 - agreement_rank(namesakes.name_agreement) as score
    from contacts.namesakes as namesakes
    union all by name
    select
        proposals.identity_id,
        proposals.contact_id,
        proposals.rule as basis,
        proposals.name_agreement,
        proposals.contact_address,
        proposals.expected_strangers,
        proposals.score
    from contacts.proposals as proposals
    union all by name
    select identity_id, contact_id, 'reschedule_chain' as basis, 'none' as name_agreement, 104 as score
    from contacts.chain_links
    group by identity_id, contact_id
),

-- Of several cards of one person the likeliest is offered.
ranked as (
    select
        offered.*,
        row_number() over (
            partition by offered.identity_id order by offered.score desc, offered.contact_id
        ) as place
    from (
        select
            identity_id,
            contact_id,
            arg_max(basis, (score, basis)) as basis,
            arg_max(name_agreement, (score, basis)) as name_agreement,
            min(contact_address) as contact_address,
            max(expected_strangers) as expected_strangers,
            max(score) as score
        from offered
        where identity_id in (select identity_id from waiting)
        group by identity_id, contact_id
    ) as offered
    left join contacts.same_people as same_people on offered.contact_id = same_people.contact_id
    qualify row_number() over (
        partition by offered.identity_id, coalesce(same_people.lead_id, offered.contact_id)
        order by offered.score desc, offered.contact_id
    ) = 1
),

listed as (
    select
        ranked.identity_id,
        count(*) as people_count,
        -- Sorted by its first field: a sorted list is many times cheaper than an ordered aggregate.
        to_json(list_sort(list(
            {
                'place': ranked.place,
                'contact_id': ranked.contact_id,
                'name': contacts.full_name,
                'company': contacts.company,
                'household': contacts.household,
                'source': contacts.source,
                'address': ranked.contact_address,
                'basis': ranked.basis,
                'name_agreement': ranked.name_agreement,
                'expected_strangers': ranked.expected_strangers,
                'score': ranked.score
            }
        ))) as candidates
    from ranked
    cross join contacts.rule_set as rule_set
    inner join contacts.contacts as contacts on ranked.contact_id = contacts.contact_id
    where ranked.place <= rule_set.candidates_shown
    group by ranked.identity_id
)

select
    waiting.identity_id,
    waiting.tier,
    waiting.rule,
    waiting.score,
    identities.address,
    identities.canonical_address,  -- with name_normalised: what a decision is kept under
    identities.name,
    coalesce(identities.name_normalised, '') as name_normalised,
    identities.company,
    identities.phone,
    identities.meetings_count,
    waiting.waiting_count::integer as waiting_count,  -- attendances the answer would settle
    identities.first_seen_on,
    identities.last_seen_on,
    coalesce(listed.candidates, '[]'::json) as candidates,  -- best first, at most as many as rules.toml says
    waiting.rule = 'shared_address_undecided' and listed.people_count > 1 as is_both_offered,  -- one meeting of several
    waiting.explanation
from waiting
inner join contacts.identities as identities on waiting.identity_id = identities.identity_id
left join listed on waiting.identity_id = listed.identity_id
