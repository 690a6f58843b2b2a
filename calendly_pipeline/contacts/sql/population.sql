-- One row: from how many people the bookings come, as far as can be known. All bookings ever seen count, not a run's.
-- grain: population
with strangers as (
    select count(distinct canonical_address) as strangers_count
    from contacts.searched_identities
),

people as (
    select count(*) as contacts_count
    from contacts.contacts
    where not is_company
)

select
    people.contacts_count,
    strangers.strangers_count,  -- mailboxes that no contact has
    greatest(
        strangers.strangers_count, rule_set.population_factor * people.contacts_count
    )::double as population
from people
cross join strangers
cross join contacts.rule_set as rule_set
