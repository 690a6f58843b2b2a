-- The newest CRM export holds at least four fifths of the people of the one before; a smaller one was cut or filtered,
-- and whoever is missing in it is no longer linked.
-- asset: contacts.contacts
-- severity: warn
with exports as (
    select crm_contacts.kind, files.file_id, files.recency, count(*) as cards_count
    from sources.crm_contacts as crm_contacts
    inner join sources.files as files on crm_contacts.file_id = files.file_id
    where not coalesce(said_true(crm_contacts.is_company), false)
    group by all
),

compared as (
    select
        file_id,
        cards_count,
        lag(cards_count) over (partition by kind order by recency) as cards_count_before,
        recency = max(recency) over (partition by kind) as is_newest
    from exports
)

select file_id, cards_count, cards_count_before
from compared
where is_newest and cards_count < 0.8 * cards_count_before
