-- No meeting starts in an hour that a clock change repeats or skips; one that does was settled by rule (RFC 5545).
-- asset: sources.rejected_rows
-- severity: warn
select files.name, rows.line, rows.clock_change
from sources.calendly_rows as rows
inner join sources.files as files on rows.file_id = files.file_id
where rows.clock_change is not null
union all by name
select files.name, rows.line, rows.clock_change
from sources.calcom_rows as rows
inner join sources.files as files on rows.file_id = files.file_id
where rows.clock_change is not null
