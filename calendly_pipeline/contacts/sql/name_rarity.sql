-- One row per full name in bookings or on cards: how many strangers of that name are to be expected among the bookings.
-- grain: name_normalised
-- changes with: name_normalised
-- compared: a row concerns everybody of the name
with spellings as (
    select name_normalised from contacts.searched_identities where name_normalised is not null
    union
    select name_normalised from contacts.contacts where name_normalised is not null
)

select
    spellings.name_normalised,
    rule_set.strangers_scale * population.population
    * greatest(coalesce(firsts.share, 0), rule_set.first_name_floor)
    * greatest(coalesce(lasts.share, 0), rule_set.surname_floor) as expected_strangers
from spellings
inner join contacts.name_parts as parts on spellings.name_normalised = parts.name_normalised
cross join contacts.population as population
cross join contacts.rule_set as rule_set
left join contacts.token_shares as firsts on firsts.part = 'first' and parts.first_token = firsts.token
left join contacts.token_shares as lasts on lasts.part = 'last' and parts.last_token = lasts.token
where parts.last_token is not null
