-- One row per row of a dropped file that could not be used; nothing is dropped without standing here.
-- grain: file_id, line, reason
with unusable as (
    select file_id, line, reason, raw
    from sources.unread_rows
    union all by name
    select rows.file_id, rows.line, rows.problem as reason, to_json(exports)::varchar as raw
    from sources.calendly_rows as rows
    inner join sources.calendly_exports as exports on rows.file_id = exports.file_id and rows.line = exports.line
    where rows.problem is not null
    union all by name
    select rows.file_id, rows.line, rows.problem as reason, to_json(exports)::varchar as raw
    from sources.calcom_rows as rows
    inner join sources.calcom_exports as exports on rows.file_id = exports.file_id and rows.line = exports.line
    where rows.problem is not null
)

select
    unusable.file_id,
    files.folder,
    files.name as file,  -- name it was dropped under
    unusable.line,
    unusable.reason,
    unusable.raw  -- the row as said, or its cells
from unusable
inner join sources.files as files on unusable.file_id = files.file_id
