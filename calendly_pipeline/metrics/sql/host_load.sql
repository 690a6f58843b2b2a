-- One row per host and week: meetings held and the minutes they took; duplicates of the other tool left out.
-- grain: host_email, week_on
-- time zone: the firm's
select
    coalesce(host_email, 'unknown') as host_email,
    date_trunc('week', day_in(starts_at, $firm_time_zone))::date as week_on,  -- Monday
    min(host_name) as host_name,
    (count(*) filter (where status = 'completed'))::integer as held_count,
    coalesce(sum(duration_minutes) filter (where status = 'completed'), 0)::integer as held_minutes,
    (count(*) filter (where status = 'confirmed'))::integer as upcoming_count
from meetings.meetings
where duplicate_of is null and status <> 'rejected'
group by all
