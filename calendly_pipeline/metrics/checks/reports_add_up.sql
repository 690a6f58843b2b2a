-- Weeks, event types and hosts each add up to the meetings that count.
-- asset: metrics.weekly_meetings
-- severity: error
-- blocking: false
with counting as (
    select
        count(*) as meetings_count,
        count(*) filter (where status = 'completed') as held_count,
        coalesce(sum(date_diff('minute', starts_at, ends_at)) filter (where status = 'completed'), 0) as held_minutes
    from meetings.meetings
    where duplicate_of is null and status <> 'rejected'
),

reported as (
    select 'weekly_meetings' as report, sum(meetings_count) as meetings_count, sum(held_count) as held_count
    from metrics.weekly_meetings
    union all by name
    select 'weekly_meetings by status' as report,
        sum(held_count + no_show_count + cancelled_count + rescheduled_count + upcoming_count) as meetings_count
    from metrics.weekly_meetings
    union all by name
    select 'event_type_outcomes' as report, sum(booked_count) as meetings_count, sum(held_count) as held_count
    from metrics.event_type_outcomes
    union all by name
    select 'host_load' as report, sum(held_count) as held_count, sum(held_minutes) as held_minutes
    from metrics.host_load
)

select reported.report, reported.meetings_count, reported.held_count, reported.held_minutes
from reported
cross join counting
where
    coalesce(reported.meetings_count, counting.meetings_count) <> counting.meetings_count
    or coalesce(reported.held_count, counting.held_count) <> counting.held_count
    or coalesce(reported.held_minutes, counting.held_minutes) <> counting.held_minutes
