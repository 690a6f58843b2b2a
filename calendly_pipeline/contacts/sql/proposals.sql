-- One row per searched identity and person it may be, with the best rule that speaks for the pair.
-- Rules are switched, and their limits set, in rules.toml.
-- grain: identity_id, contact_id
-- changes with: identity_id
with said as (
    -- Every rule whose condition holds, whatever the others say, and what its limit `strangers_below` is held against.
    select
        facts.identity_id,
        facts.contact_id,
        unnest(list_filter(
            [
                case when is_phone_equal and name_rank <= 2 and not is_other_generation
                    then {'rule': 'phone_name', 'strangers': 0.0::double} end,
                case when company is not null and name_rank = 1 and not is_other_generation
                    then {'rule': 'name_company', 'strangers': company_strangers} end,
                case when likeness = 'typo_local_part' and name_rank = 1 and is_only_of_name and not is_digits_only
                    and (not is_punctuation_only or expected_strangers < rule_set.punctuation_strangers)
                    then {'rule': 'typo_local_name', 'strangers': 0.0::double} end,
                -- Signs beyond the name tell namesakes apart, on cards as among strangers.
                case when likeness = 'same_local_part' and name_rank = 1 and not is_other_generation
                    and (is_only_of_name or letters_beyond >= rule_set.distinct_letters)
                    then {'rule': 'same_local_name', 'strangers': case
                        when letters_beyond < rule_set.distinct_letters then expected_strangers
                        when expected_strangers < rule_set.distinct_strangers then 0
                        else expected_strangers
                    end} end,
                case when company is not null and name_rank <= 2
                    then {'rule': 'company_near_name', 'strangers': 0.0::double} end,
                case when is_phone_equal and phone_names_count <= rule_set.unspecific_names
                    then {'rule': 'phone_only', 'strangers': 0.0::double} end,
                case when likeness = 'typo_local_part' and name_rank <= 2
                    and not is_digits_only and not is_punctuation_only
                    then {'rule': 'typo_local_near', 'strangers': 0.0::double} end,
                case when likeness = 'typo_local_part' and name_rank <= 2
                    then {'rule': 'typo_local_digits', 'strangers': expected_strangers} end,
                case when likeness = 'same_local_part' and name_rank <= 2
                    then {'rule': 'same_local_near', 'strangers': case
                        when letters_beyond < rule_set.distinct_letters then expected_strangers else 0
                    end} end,
                case when likeness = 'near_address' and name_rank <= 2
                    then {'rule': 'near_address_name', 'strangers': expected_strangers} end,
                case when name_rank = 1
                    then {'rule': 'full_name_rare', 'strangers': expected_strangers} end,
                case when name_rank = 1 and full_names_count <= rule_set.full_name_candidates
                    then {'rule': 'full_name', 'strangers': expected_strangers} end,
                case when name_rank = 2
                    then {'rule': 'near_name', 'strangers': expected_strangers} end,
                case when likeness in ('same_local_part', 'typo_local_part') and name_rank = 3
                    and (is_surname_inside or letters_beyond >= rule_set.distinct_letters)
                    then {'rule': 'local_part_first_name', 'strangers': 0.0::double} end,
                case when is_name_spelt and name_rank in (3, 4)
                    and spelt_names_count <= rule_set.full_name_candidates
                    then {'rule': 'address_spells_name', 'strangers': expected_strangers} end,
                case when company is not null and name_agreement in ('first_same', 'first_only')
                    and facts.company_contacts <= rule_set.company_contacts and first_names_count = 1
                    then {'rule': 'company_first_name', 'strangers': 0.0::double} end,
                case when name_rank <= 2
                    then {'rule': 'name_hint', 'strangers': 0.0::double} end,
                case when company is not null and name_agreement in ('first_same', 'first_only')
                    then {'rule': 'company_hint', 'strangers': 0.0::double} end
            ],
            lambda said: said is not null
        )) as said
    from contacts.pair_facts as facts
    cross join contacts.rule_set as rule_set
),

-- The first tier's best rule speaks for the pair.
chosen as (
    select
        said.identity_id,
        said.contact_id,
        arg_min(
            {'rule': rules.rule, 'tier': rules.tier, 'decision': rules.decision, 'score': rules.score},
            (list_position(['T4', 'R1', 'R2', 'R3', 'R4', 'hint'], rules.tier), -rules.score, rules.rule)
        ) as best
    from said
    inner join contacts.rules as rules on said.said.rule = rules.rule
    where rules.decision <> 'off'
        and (rules.strangers_below is null or said.said.strangers < rules.strangers_below)
    group by said.identity_id, said.contact_id
),

weighed as (
    select
        facts.*,
        chosen.best.rule,
        chosen.best.tier,
        chosen.best.decision,
        list_position(['T4', 'R1', 'R2', 'R3', 'R4', 'hint'], chosen.best.tier) as tier_rank,
        chosen.best.score + 4 - facts.name_rank + facts.is_phone_equal::integer + (facts.company is not null)::integer
        + (facts.likeness is not null)::integer as score
    from chosen
    inner join contacts.pair_facts as facts
        on chosen.identity_id = facts.identity_id and chosen.contact_id = facts.contact_id
)

select
    identity_id,
    contact_id,
    lead_id,  -- stands for all cards of this person
    rule,
    tier,  -- T4 | R1 | R2 | R3 | R4 | hint
    decision,  -- auto | review | hint
    tier_rank,
    score,
    name_agreement,
    name_rank,
    is_phone_equal,
    company,  -- what both belong to: a mail domain (@domain) or a company's name
    likeness,  -- of the addresses: same_local_part | typo_local_part | near_address
    contact_address,  -- address of the card that is alike
    expected_strangers,  -- of the name, among the bookings
    row_number() over (partition by identity_id order by tier_rank, score desc, contact_id) as place
from weighed
-- Of mere hints no more are kept than are shown.
qualify tier <> 'hint' or row_number() over (
    partition by identity_id order by tier_rank, score desc, contact_id
) <= (select candidates_shown from contacts.rule_set)
