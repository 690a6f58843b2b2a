-- Every row of every file could be used.
-- asset: sources.rejected_rows
-- severity: warn
select file, line, reason
from sources.rejected_rows
order by file, line
