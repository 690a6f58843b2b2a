-- No telephone number, name or company is shared by so many cards and bookings that it is not followed; whoever could
-- only be found by it is not found. Mostly a number or name that stands for none.
-- asset: contacts.capped_keys
-- severity: warn
with cards as (
    select card_keys.block, card_keys.key, count(*) as cards_count
    from contacts.card_keys as card_keys
    inner join contacts.capped_keys as capped on card_keys.block = capped.block and card_keys.key = capped.key
    group by card_keys.block, card_keys.key
),

bookings as (
    select
        search_keys.block,
        search_keys.key,
        count(*) as identities_count,
        min(search_keys.identity_id) as example_identity_id
    from contacts.search_keys as search_keys
    inner join contacts.capped_keys as capped on search_keys.block = capped.block and search_keys.key = capped.key
    group by search_keys.block, search_keys.key
)

select bookings.block, cards.cards_count, bookings.identities_count, bookings.example_identity_id
from bookings
inner join cards on bookings.block = cards.block and bookings.key = cards.key
