-- One row per name of a person as said anywhere, with the form in which names are compared: lower case, accents,
-- titles, suffixes and anything in brackets or quotes off, `Last, First` turned. Two people on one card keep an `&`.
-- grain: said
-- changes with: said
-- compared: a row concerns everybody of the name
-- through: contacts.attendee_details: name = said
with spellings as (
    select name as said from contacts.attendee_details
    union
    select said from contacts.names_on_cards
),

folded as (
    select
        said,
        replace(replace(replace(replace(
            translate(strip_accents(lower(said)), 'łøđðı’‘`´“”„', 'loddi''''''''"""'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'
        ) as name
    from spellings
    where not contains(said, '@')
),

unbracketed as (
    select
        said,
        case
            when regexp_full_match(name, '[a-z ]*') then name
            else regexp_replace(name, '\([^)]*\)|\[[^\]]*\]|"[^"]*"|(^|\s)''[^'']+''(\s|$)', ' ', 'g')
        end as name
    from folded
),

unsuffixed as (
    select
        said,
        regexp_extract(name, '[,\s](jr|sr|ii|iii|iv)\.?\s*($|,)', 1) as generation,
        regexp_replace(
            name,
            '([,\s]+(jr|sr|ii|iii|iv|m\.?d|ph\.?d|cfp|cpa|cfa|clu|chfc|esq|esquire|mba|j\.?d|dds|dvm|rn|ret)\.?[®™]?)+\s*$',
            ''
        ) as name
    from unbracketed
),

turned as (
    select
        said,
        generation,
        case
            when contains(name, ',') then regexp_replace(
                regexp_replace(name, '^\s*([^,]+),\s*(.+)$', '\2 \1'), '([,\s]+(jr|sr|ii|iii|iv)\.?)+\s*$', ''
            )
            else name
        end as name
    from unsuffixed
),

untitled as (
    select
        said,
        generation,
        regexp_replace(
            regexp_replace(name, '(^|\s|&)((mr|mrs|ms|miss|mx|dr|prof|rev|herr|frau|mme)(\.\s*|\s+))+', '\1', 'g'),
            '(^|\s)and\s+|[&+]', ' & ', 'g'
        ) as name
    from turned
),

spelt as (
    select
        said,
        generation,
        case
            when regexp_full_match(name, '[a-z]+ [a-z]+') then name
            else trim(regexp_replace(replace(name, '''', ''), '[^\p{L}\p{M}&]+', ' ', 'g'), ' &')
        end as name
    from untitled
)

select
    said,
    case
        when name not in ('', 'guest', 'client', 'unknown', 'none', 'anonymous', 'n a', 'na', 'no name', 'test')
            then name
    end as name_normalised,  -- null: not usable as a name
    nullif(generation, '') as generation  -- jr, sr, ii, iii or iv: what tells father and son apart
from spelt
