-- One row: from how many people the bookings come, as far as can be known. All bookings ever seen count, not a run's.
-- In steps: what a name is worth depends on it, and must not change with every stranger who books.
-- grain: population
with strangers as (
    -- Mailboxes that no contact has.
    select count(distinct canonical_address) as strangers_count
    from contacts.searched_identities
),

people as (
    select count(*) as contacts_count
    from contacts.contacts
    where not is_company
),

bookers as (
    select greatest(strangers.strangers_count, rule_set.population_factor * people.contacts_count, 1) as bookers_count
    from strangers
    cross join people
    cross join contacts.rule_set as rule_set
)

select
    people.contacts_count,
    round(
        pow(rule_set.population_step, round(log(bookers.bookers_count) / log(rule_set.population_step)))
    ) as population  -- people who book, in steps of rules.toml's `population_step`
from people
cross join bookers
cross join contacts.rule_set as rule_set
