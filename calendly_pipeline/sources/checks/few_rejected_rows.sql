-- Of no file with more than 20 rows is a fifth or more unusable; a file like that is of another layout.
-- asset: sources.rejected_rows
-- severity: error
with rejected as (
    select file_id, count(*) as rejected_count
    from sources.rejected_rows
    group by file_id
)

select
    files.folder,
    files.name,
    files.rows_count,
    rejected.rejected_count
from rejected
inner join sources.files as files on rejected.file_id = files.file_id
where files.rows_count > 20 and rejected.rejected_count * 5 >= files.rows_count
