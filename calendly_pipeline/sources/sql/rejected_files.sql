-- One row per dropped file that could not be read at all. The run goes on without it.
-- grain: file_id
select
    file_id,
    folder,
    name,  -- name it was dropped under
    failure as reason,
    remedy,  -- what to do about it
    landed_at
from sources.files
where failure is not null
