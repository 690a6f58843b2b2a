-- Every row of every file, and every record by API or webhook, could be used.
-- asset: sources.rejected_rows
-- severity: warn
select file, line, reason
from sources.rejected_rows
order by file, line
