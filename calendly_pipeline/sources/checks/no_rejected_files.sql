-- Every dropped file could be read.
-- asset: sources.rejected_files
-- severity: error
-- blocking: false
select folder, name, reason, remedy
from sources.rejected_files
