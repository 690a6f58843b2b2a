-- One row per identity and contact it is linked to, or one row without a contact: the first tier that says something.
-- Decisions of people come first, then staff, then the address, then a mistyped domain, then what telephone, company
-- and name say (contacts.proposals). A tier that yields more than one person sends the identity to the queue; later
-- tiers are not asked.
-- grain: identity_id, linked_to
-- changes with: identity_id
with found as (
    select *
    from contacts.candidates
    where basis <> 'link_id'
),

-- A CRM card's address decides before an address book's, unless the name is the address book's person.
holders as (
    select found.*
    from found
    left join (
        select identity_id from found where contact_source = 'crm' and not is_company group by identity_id
    ) as in_crm on found.identity_id = in_crm.identity_id
    where not found.is_rejected
        and not found.is_company
        and (found.contact_source = 'crm' or found.name_rank <= 3 or in_crm.identity_id is null)
),

best as (
    select
        identity_id,
        min(name_rank) as name_rank,
        count(distinct person_key) as people_count,
        count(*) as cards_count
    from holders
    group by identity_id
),

-- Of several cards of the best name the CRM's with the lowest id stands for all.
chosen as (
    select
        holders.identity_id,
        count(distinct holders.person_key) as best_count,
        arg_min(
            {
                'contact_id': coalesce(same_people.lead_id, holders.contact_id),
                'contact_address': holders.contact_address,
                'address_source': holders.address_source,
                'basis': holders.basis,
                'name_agreement': holders.name_agreement
            },
            (holders.contact_source <> 'crm', holders.contact_id)
        ) as card
    from holders
    inner join best on holders.identity_id = best.identity_id and holders.name_rank = best.name_rank
    left join contacts.same_people as same_people on holders.contact_id = same_people.contact_id
    group by holders.identity_id
),

company_cards as (
    select identity_id, min(contact_id) as contact_id, min(contact_address) as contact_address
    from found
    where is_company and not is_rejected
    group by identity_id
),

rejections as (
    select identity_id
    from contacts.rejected_pairs
    group by identity_id
),

-- The best tier of the proposals, and how many people it names.
proposed as (
    select
        identity_id,
        count(distinct lead_id) as people_count,
        arg_min(
            {
                'rule': rule,
                'tier': tier,
                'contact_id': lead_id,
                'contact_address': contact_address,
                'name_agreement': name_agreement,
                'company': company,
                'expected_strangers': expected_strangers
            },
            place
        ) as best
    from (
        select *
        from contacts.proposals
        where decision <> 'hint'
        qualify tier_rank = min(tier_rank) over (partition by identity_id)
    )
    group by identity_id
),

others as (
    select identity_id
    from contacts.namesakes
    group by identity_id
),

summary as (
    select
        identities.identity_id,
        identities.is_guest_only,
        best.name_rank,
        best.people_count,
        best.cards_count,
        chosen.best_count,
        chosen.card.basis as basis,
        coalesce(chosen.card.contact_id, company_cards.contact_id) as contact_id,
        coalesce(chosen.card.contact_address, company_cards.contact_address) as contact_address,
        chosen.card.name_agreement as name_agreement,
        chosen.card.address_source = 'confirmed' as is_alias,
        best.people_count > rule_set.unspecific_names as is_unspecific,
        list_contains(rule_set.review_agreements, chosen.card.name_agreement) as is_reviewed,
        identities.is_role,
        company_cards.identity_id is not null as has_company,
        rejections.identity_id is not null as has_rejection,
        others.identity_id is not null as has_namesake,
        proposed.best as proposal,
        proposed.people_count as proposed_count
    from contacts.identities as identities
    cross join contacts.rule_set as rule_set
    left join best on identities.identity_id = best.identity_id
    left join chosen on identities.identity_id = chosen.identity_id
    left join company_cards on identities.identity_id = company_cards.identity_id
    left join rejections on identities.identity_id = rejections.identity_id
    left join others on identities.identity_id = others.identity_id
    left join proposed on identities.identity_id = proposed.identity_id
),

ruled as (
    select
        *,
        case
            when basis = 'email_typo_domain' and name_rank <= 2 and best_count = 1 then 'email_typo_domain_name'
            -- The name fits exactly one of the people at this address.
            when basis <> 'email_typo_domain' and name_rank <= 3 and best_count = 1 then
                case
                    when is_alias then 'confirmed_alias'
                    when basis = 'email_canonical' then 'email_canonical'
                    when people_count > 1 then 'shared_address_name'
                    when cards_count > 1 then 'duplicate_contacts'
                    else 'email_exact'
                end
            -- Telephone, company or name point to one person, whatever the address.
            when proposal.tier = 'T4' then
                case
                    when proposed_count > 1 then 'several_fit'
                    when has_rejection then 'rejected_before'
                    else proposal.rule
                end
            when basis = 'email_typo_domain' and name_rank <= 2 then 'typo_domain_several'
            when basis = 'email_typo_domain' and name_rank <= 5 and not is_guest_only then 'typo_domain_name_missing'
            when basis is null and has_company and not is_guest_only then
                case when is_role then 'role_address_other_name' else 'company_address' end
            when basis is null or basis = 'email_typo_domain' then
                coalesce(proposal.rule, case when has_rejection then 'rejected' else 'none' end)
            when is_role or is_unspecific then
                case
                    when is_guest_only then 'none'
                    when is_role then 'role_address_other_name'
                    else 'unspecific_address'
                end
            when people_count > 1 then 'shared_address_undecided'
            -- One person has this address, and the name does not say that it was they.
            when name_rank <= 5 then
                case
                    when has_rejection then 'rejected_before'
                    when is_alias then 'confirmed_alias'
                    when basis = 'email_canonical' then 'email_canonical'
                    when cards_count > 1 then 'duplicate_contacts'
                    else 'email_exact'
                end
            when has_namesake and name_agreement = 'conflict' then 'other_contact'
            when has_namesake then 'other_spouse'
            when is_alias then 'confirmed_alias_other_name'
            when basis = 'email_canonical' then 'canonical_name_contradicts'
            when is_reviewed and name_agreement = 'last_same' then 'surname_only'
            when is_reviewed or has_company or has_rejection then 'exact_name_conflict'
            when cards_count > 1 then 'duplicate_contacts'
            else 'email_exact'
        end as rule
    from summary
),

matched as (
    select
        ruled.identity_id,
        case when is_proposed then proposal.contact_id else ruled.contact_id end as contact_id,
        case when is_proposed then proposal.contact_address else ruled.contact_address end as contact_address,
        case when is_proposed then proposed_count else ruled.people_count end as people_count,
        case when is_proposed then proposal.name_agreement else ruled.name_agreement end as name_agreement,
        case when is_proposed then proposal.company end as company,
        case when is_proposed then proposal.expected_strangers end as expected_strangers,
        case when rules.decision = 'off' then 'none' else ruled.rule end as rule,
        case
            when ruled.rule = 'rejected' then 'rejected'
            when ruled.rule = 'none' or rules.decision = 'off' then 'unmatched'
            when ruled.rule = 'email_typo_domain_name' and ruled.is_guest_only then 'review'
            when rules.decision = 'auto' and rules.tier = 'H1' then 'confirmed'
            else rules.decision
        end as decision,
        rules.decision = 'auto' and ruled.name_rank >= 6 and not is_proposed as is_name_different
    from (
        select
            *,
            coalesce(
                rule = proposal.rule or rule = 'several_fit' or (rule = 'rejected_before' and basis is null), false
            ) as is_proposed
        from ruled
    ) as ruled
    left join contacts.rules as rules on ruled.rule = rules.rule
),

settled as (
    select
        matched.identity_id,
        case
            when internal.reason is not null or matched.decision = 'unmatched' then null
            else matched.contact_id
        end as contact_id,
        matched.contact_address,
        matched.people_count,
        matched.name_agreement,
        matched.company,
        matched.expected_strangers,
        case when internal.reason is not null then 'internal' else matched.rule end as rule,
        case when internal.reason is not null then 'internal' else matched.decision end as decision,
        internal.reason is null and matched.is_name_different as is_name_different,
        internal.reason as internal_reason
    from matched
    left join contacts.internal_identities as internal on matched.identity_id = internal.identity_id
),

verdicts as (
    select
        settled.identity_id,
        coalesce(decided.contact_id, case when decided.rule is null then settled.contact_id end) as contact_id,
        case when decided.rule is null then settled.contact_address end as contact_address,
        settled.people_count,
        case when decided.rule is null then settled.name_agreement end as name_agreement,
        settled.company,
        settled.expected_strangers,
        coalesce(decided.rule, settled.rule) as rule,
        settled.internal_reason,
        case
            when decided.rule is null then settled.decision
            when decided.rule = 'decided_contact_gone' then 'review'
            when decided.rule = 'new_contact' then 'unmatched'
            when decided.rule = 'never_match' and decided.is_internal then 'internal'
            when decided.rule = 'never_match' then 'rejected'
            else 'confirmed'
        end as decision,
        decided.rule is null and settled.is_name_different as is_name_different
    from settled
    -- Somebody new stays new until the CRM has a card that fits.
    left join contacts.decided_identities as decided
        on settled.identity_id = decided.identity_id
        and not (decided.rule = 'new_contact' and settled.decision = 'auto')
)

select
    verdicts.identity_id,
    case when verdicts.decision in ('auto', 'confirmed') then verdicts.contact_id end as contact_id,
    coalesce(
        case when verdicts.decision in ('auto', 'confirmed') then verdicts.contact_id end, ''
    ) as linked_to,  -- the contact, or '' for nobody
    verdicts.decision,  -- auto | review | confirmed | rejected | unmatched | internal
    case
        when verdicts.decision = 'review' and rules.tier in ('T0', 'T1', 'T2', 'T3', 'T4') then 'R1'
        else rules.tier
    end as tier,
    verdicts.rule,
    rules.score + case verdicts.name_agreement
        when 'full' then 3 when 'near' then 2 when 'first_only' then 1 when 'first_same' then -1
        when 'last_same' then -2 when 'first_diff' then -3 when 'conflict' then -4 else 0
    end as score,  -- a rank, no probability
    verdicts.is_name_different,  -- linked by the address although another name was given
    coalesce(verdicts.people_count, 0) as people_count,  -- people at this address
    verdicts.expected_strangers,  -- of the name given; null: no full name, or nobody had to be searched
    replace(replace(replace(explained(
        coalesce(rules.explanation, 'No contact has {address}, and nothing else points to one.'),
        identities.name,
        identities.address,
        coalesce(contacts.full_name, verdicts.internal_reason),
        verdicts.contact_address,
        verdicts.people_count
    ), '{strangers}', strangers_said(verdicts.expected_strangers)),
    '{company}', coalesce(ltrim(verdicts.company, '@'), 'the company')),
    '{phone}', coalesce(identities.phone, 'the number')) || case
        when verdicts.is_name_different
            then ' The name given, ' || coalesce(identities.name, 'none') || ', is another; nobody else has it.'
        else ''
    end as explanation
from verdicts
inner join contacts.identities as identities on verdicts.identity_id = identities.identity_id
left join contacts.rules as rules on verdicts.rule = rules.rule
left join contacts.contacts as contacts on verdicts.contact_id = contacts.contact_id
