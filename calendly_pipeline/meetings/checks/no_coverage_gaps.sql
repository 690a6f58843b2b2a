-- Every day between the first and the last that any route speaks of is vouched for by a file or a pull; gaps before
-- `coverage.since` are accepted.
-- asset: meetings.coverage
-- severity: warn
select platform, account, min(day) as first_day, max(day) as last_day, max(gap_days) as gap_days
from (
    select
        platform, account, day, gap_days,
        day - (row_number() over (partition by platform, account order by day))::integer as stretch
    from (
        select distinct platform, account, day, gap_days
        from meetings.coverage
        where gap_days is not null and coalesce(day >= $coverage_since::date, true)
    )
)
group by platform, account, stretch
