-- The newest CRM export holds at least four fifths of the people of the one before, and the CRM's API at least four
-- fifths of those of a newest export of the last 90 days: a smaller one was cut or filtered, or the key's user may not see everybody; and
-- whoever is missing in it is no longer linked.
-- asset: contacts.contacts
-- severity: warn
with exports as (
    select crm_contacts.kind, files.file_id, files.recency, least(files.modified_at, files.landed_at) as exported_at,
        count(*) as cards_count
    from sources.crm_contacts as crm_contacts
    inner join sources.files as files on crm_contacts.file_id = files.file_id
    where not coalesce(said_true(crm_contacts.is_company), false)
    group by all
),

compared as (
    select
        file_id,
        exported_at,
        cards_count,
        lag(cards_count) over (partition by kind order by recency) as cards_count_before,
        recency = max(recency) over (partition by kind) as is_newest
    from exports
),

listed as (
    select count(*) as cards_count
    from sources.lacrm_contacts
    where is_listed and not coalesce(said_true(is_company), false)
)

select file_id, cards_count, cards_count_before
from compared
where is_newest and cards_count < 0.8 * cards_count_before
union all by name
select 'the API' as file_id, listed.cards_count, compared.cards_count as cards_count_before
from listed
inner join compared
    on compared.is_newest
    and compared.exported_at > $as_of - interval 90 day
    and listed.cards_count between 1 and 0.8 * compared.cards_count
