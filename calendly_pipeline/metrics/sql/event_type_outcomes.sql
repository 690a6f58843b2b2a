-- One row per platform and event type: what became of its bookings; duplicates of the other tool left out.
-- Rates are shares of the bookings that are settled, which is held, missed or cancelled; moves aside.
-- grain: platform, event_type_name
with outcomes as (
    select
        platform,
        coalesce(event_type_name, 'unknown') as event_type_name,
        count(*) as booked_count,
        count(*) filter (where status = 'completed') as held_count,
        count(*) filter (where status = 'no_show') as no_show_count,
        count(*) filter (where status = 'cancelled') as cancelled_count,
        count(*) filter (where status = 'rescheduled') as rescheduled_count,
        count(*) filter (where status in ('completed', 'no_show', 'cancelled')) as settled_count
    from meetings.meetings
    where duplicate_of is null and status <> 'rejected'
    group by all
)

select
    platform,
    event_type_name,
    booked_count::integer as booked_count,
    held_count::integer as held_count,
    no_show_count::integer as no_show_count,
    cancelled_count::integer as cancelled_count,
    rescheduled_count::integer as rescheduled_count,
    held_count / nullif(settled_count, 0) as held_rate,  -- of held, missed and cancelled
    no_show_count / nullif(settled_count, 0) as no_show_rate,
    cancelled_count / nullif(settled_count, 0) as cancelled_rate,
    rescheduled_count / nullif(booked_count, 0) as rescheduled_rate  -- of all bookings
from outcomes
