-- Every day between the first and the last that files speak of is covered by a file.
-- asset: meetings.coverage
-- severity: warn
select platform, account, min(day) as first_day, max(day) as last_day, max(gap_days) as gap_days
from (
    select
        platform, account, day, gap_days,
        day - (row_number() over (partition by platform, account order by day))::integer as stretch
    from meetings.coverage
    where not is_covered
)
group by platform, account, stretch
