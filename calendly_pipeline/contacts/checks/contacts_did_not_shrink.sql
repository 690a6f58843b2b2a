-- The newest CRM export holds at least four fifths of the cards of the one before; a smaller one was cut or filtered.
-- asset: contacts.contacts
-- severity: warn
with exports as (
    select crm_contacts.kind, files.file_id, files.recency, count(*) as cards_count
    from sources.crm_contacts as crm_contacts
    inner join sources.files as files on crm_contacts.file_id = files.file_id
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
