-- Every record of every file that was read is a row of its table or stands among the unread rows.
-- asset: sources.rejected_rows
-- severity: error
with held as (
    select file_id, count(*) as held_count from sources.calendly_exports group by file_id
    union all by name
    select file_id, count(*) as held_count from sources.calcom_exports group by file_id
    union all by name
    select file_id, count(*) as held_count from sources.crm_contacts group by file_id
    union all by name
    select file_id, count(*) as held_count from sources.address_books group by file_id
),

unread as (
    select file_id, count(*) as unread_count
    from sources.unread_rows
    group by file_id
)

select
    files.name,
    files.rows_count,
    held.held_count,
    files.rejected_count,
    unread.unread_count
from sources.files as files
left join held on files.file_id = held.file_id
left join unread on files.file_id = unread.file_id
where
    files.layout is not null
    and (
        files.rows_count <> coalesce(held.held_count, 0)
        or files.rejected_count <> coalesce(unread.unread_count, 0)
    )
