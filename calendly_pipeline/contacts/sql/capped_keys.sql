-- One row per key that so many cards and so many bookings share that it is not followed: a number on every card, a
-- name of thousands. Rules that ask whether somebody is the only one of a name do not speak where it was one.
-- grain: block, key
-- changes with: key
-- compared: a row concerns everybody who has the key
with cards as (
    select block, key, count(*) as cards_count
    from contacts.card_keys
    group by block, key
),

bookings as (
    select block, key, count(*) as identities_count
    from contacts.search_keys
    group by block, key
)

select
    bookings.block,  -- phone | local_part | slip | name | initial | joined | spelt | company
    bookings.key
from bookings
inner join cards on bookings.block = cards.block and bookings.key = cards.key
cross join contacts.rule_set as rule_set
where cards.cards_count * bookings.identities_count > rule_set.largest_product
