-- One row per found pair whose addresses are alike: the same local part elsewhere, a slip in the local part at the
-- same domain, or two edits altogether. The card's address that is most alike stands for the others.
-- grain: identity_id, contact_id
-- changes with: identity_id
with pairs as (
    select
        found.identity_id,
        found.contact_id,
        searched.address,
        searched.local_part,
        searched.domain,
        addresses.address as contact_address,
        split_part(addresses.canonical_address, '@', 1) as card_local_part,
        split_part(addresses.canonical_address, '@', 2) as card_domain
    from contacts.found_pairs as found
    inner join contacts.searched_identities as searched on found.identity_id = searched.identity_id
    inner join contacts.addresses as addresses on found.contact_id = addresses.contact_id
    where searched.local_part is not null
        and not addresses.is_role
        and (found.is_mailbox_met or found.name_rank <= 2)
),

likened as (
    select
        pairs.*,
        case
            when least(length(local_part), length(card_local_part)) < rule_set.local_part_letters then null
            when domain <> card_domain
                and (
                    local_part = card_local_part
                    or (
                        'gmail.com' in (domain, card_domain)
                        and replace(local_part, '.', '') = replace(card_local_part, '.', '')
                    )
                )
                then 'same_local_part'
            when domain = card_domain
                and abs(length(local_part) - length(card_local_part)) <= 1
                and damerau_levenshtein(local_part, card_local_part) <= 1
                then 'typo_local_part'
            when left(local_part, 3) = left(card_local_part, 3)
                and left(domain, 2) = left(card_domain, 2)
                and abs(length(address) - length(contact_address)) <= rule_set.near_address_edits
                and damerau_levenshtein(address, contact_address) <= rule_set.near_address_edits
                then 'near_address'
        end as likeness
    from pairs
    cross join contacts.rule_set as rule_set
)

select
    identity_id,
    contact_id,
    min(likeness) as likeness,
    min(contact_address) as contact_address,
    min(card_local_part) as card_local_part
from (
    select *
    from likened
    where likeness is not null
    qualify row_number() over (
        partition by identity_id, contact_id
        order by list_position(['typo_local_part', 'same_local_part', 'near_address'], likeness), contact_address
    ) = 1
)
group by identity_id, contact_id
