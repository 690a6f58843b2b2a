-- One row per first name or surname: what share of people bears it, by the census or among the contacts, whichever is
-- more. A single letter stands for every first name that begins with it. Shares are added as decimals: the sum must
-- not depend on the order.
-- grain: part, token
-- through: contacts.name_parts: name_normalised = contacts.contacts: name_normalised
with borne as (
    select 'first' as part, unnest(parts.firsts) as token, contacts.contact_id
    from contacts.contacts as contacts
    inner join contacts.name_parts as parts on contacts.name_normalised = parts.name_normalised
    where not contacts.is_company
    union all by name
    select 'last' as part, parts.last_token as token, contacts.contact_id
    from contacts.contacts as contacts
    inner join contacts.name_parts as parts on contacts.name_normalised = parts.name_normalised
    where not contacts.is_company and parts.last_token is not null
),

own_shares as (
    select borne.part, borne.token, count(*) / greatest(max(population.contacts_count), 1) as share
    from borne
    cross join contacts.population as population
    group by borne.part, borne.token
),

shares as (
    select part, token, share, 'contacts' as said_by from own_shares
    union all by name
    select part, name as token, share, 'census' as said_by from contacts.name_shares
),

initials as (
    select part, left(token, 1) as token, said_by, sum(share::decimal(18, 12))::double as share
    from shares
    where part = 'first'
    group by all
)

select part, token, max(share) as share
from (
    select part, token, share from shares
    union all by name
    select part, token, share from initials
)
group by part, token
