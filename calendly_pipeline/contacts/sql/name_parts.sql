-- One row per normalised name, taken apart for comparison.
-- grain: name_normalised
-- changes with: name_normalised
-- compared: a row concerns everybody of the name
with tokens as (
    select
        name_normalised,
        string_split(replace(name_normalised, '& ', ''), ' ') as words,
        -- Of `robert & anna hale` both first names count; of `robert hale & anna park` only the first.
        case
            when string_split(name_normalised, ' ')[2] = '&' then string_split(name_normalised, ' ')[1:3:2]
            else string_split(name_normalised, ' ')[1:1]
        end as firsts
    from contacts.names
    where name_normalised is not null
    group by name_normalised
),

-- A name and a form of it belong together; two names that share a nickname (Chris) stay apart.
relatives as (
    select name as first_token, form as other from contacts.nicknames
    union
    select form as first_token, name as other from contacts.nicknames
),

forms as (
    select first_token, list_sort(list(other)) as forms
    from relatives
    group by first_token
)

select
    tokens.name_normalised,
    tokens.words[1] as first_token,
    case when len(tokens.words) > 1 then tokens.words[-1] end as last_token,  -- null: a single word was given
    tokens.firsts,  -- first names; two on a joint card
    case when len(tokens.words) > 1 then tokens.words[2:] else [] end as surnames,  -- all words after the first
    array_to_string(tokens.words, '') as joined,
    list_concat(coalesce(one.forms, []), coalesce(two.forms, [])) as forms,  -- nicknames of the first names
    strlen(tokens.name_normalised) = length(tokens.name_normalised) as is_latin
from tokens
left join forms as one on tokens.firsts[1] = one.first_token
left join forms as two on tokens.firsts[2] = two.first_token
