-- One row per identity and contact with the same local part, where the identity's domain looks like a slip of the
-- contact's: it stands on the list of slips, or it is nobody's domain and differs by an edit or two.
-- grain: identity_id, contact_id
-- changes with: identity_id
with contact_domains as (
    select split_part(address, '@', 2) as domain
    from contacts.addresses
    group by all
),

-- Domains are compared only where a local part already agrees, never each with each.
strangers as (
    select
        identities.identity_id,
        identities.address,
        without_tag(split_part(identities.address, '@', 1)) as local_part,
        split_part(identities.address, '@', 2) as domain,
        mail_domains.meant
    from contacts.identities as identities
    left join contacts.mail_domains as mail_domains on split_part(identities.address, '@', 2) = mail_domains.domain
    left join contact_domains on split_part(identities.address, '@', 2) = contact_domains.domain
    where identities.address like '%_@_%'
        and identities.domain_class in ('company', 'typo')
        and (contact_domains.domain is null or identities.domain_class = 'typo')
        and not identities.is_role
        and not exists (
            select 1 from contacts.candidates_address as found
            where found.identity_id = identities.identity_id
        )
        and not exists (
            select 1 from contacts.internal_identities as internal
            where internal.identity_id = identities.identity_id
        )
),

personal_addresses as (
    select
        contact_id,
        address,
        source,
        split_part(canonical_address, '@', 1) as local_part,
        split_part(address, '@', 2) as domain
    from contacts.addresses
    where not is_company and not is_role
),

same_local_part as (
    select
        strangers.identity_id,
        strangers.domain as typed,
        strangers.meant,
        personal.contact_id,
        personal.address,
        personal.source,
        personal.domain
    from strangers
    inner join personal_addresses as personal on strangers.local_part = personal.local_part
    cross join contacts.rule_set as limits
    where strangers.meant is not null
        or abs(length(strangers.domain) - length(personal.domain)) <= limits.typo_edits_long
    union all by name
    select
        strangers.identity_id,
        strangers.domain as typed,
        strangers.meant,
        personal.contact_id,
        personal.address,
        personal.source,
        personal.domain
    from strangers
    inner join personal_addresses as personal
        on replace(strangers.local_part, '.', '') = personal.local_part
        and personal.domain in ('gmail.com', 'googlemail.com')
),

near_domains as (
    select pairs.typed, pairs.domain
    from (select distinct typed, domain from same_local_part where meant is null) as pairs
    cross join contacts.rule_set as limits
    where length(split_part(pairs.domain, '.', 1)) >= limits.typo_label_letters
        and damerau_levenshtein(pairs.typed, pairs.domain)
        <= case when length(pairs.domain) >= limits.typo_long_from then limits.typo_edits_long else limits.typo_edits end
)

select
    same_local_part.identity_id,
    same_local_part.contact_id,
    'email_typo_domain' as basis,
    min(same_local_part.address) as contact_address,
    min(same_local_part.source) as address_source
from same_local_part
left join near_domains
    on same_local_part.typed = near_domains.typed and same_local_part.domain = near_domains.domain
where home_domain(same_local_part.meant) = home_domain(same_local_part.domain) or near_domains.typed is not null
group by same_local_part.identity_id, same_local_part.contact_id
