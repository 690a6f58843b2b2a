-- One row per Cal.com booking, merged over all exports that hold it. Of two claims about its state the newer strong
-- one wins, a weak one (Insights' derived `completed`) never overrides a strong one; `rescheduled`, then `cancelled`
-- and `rejected`, are final, and the bookings list writes `cancelled` for a moved booking too.
-- grain: meeting_id
-- time zone: UTC
with usable as (
    select *, recency::bigint * 100000000 + line as newness
    from sources.calcom_rows
    where problem is null
),

-- The bookings list names the event type, Insights gives its id; a booking in both joins the two.
named as (
    select
        uid,
        account,
        arg_max(event_type_id, newness) as event_type_id,
        arg_max(event_type, newness) as event_type
    from usable
    group by uid, account
),

type_names as (
    select account, event_type_id, min(event_type) as event_type
    from named
    where event_type_id is not null and event_type is not null
    group by account, event_type_id
    having count(distinct event_type) = 1
),

merged as (
    select
        'calcom:' || uid as meeting_id,
        uid as source_event_id,
        min(account) as account,
        arg_max(title, newness) as title,
        arg_max(event_type, newness) as event_type_name,
        arg_max(event_type_id, newness) as event_type_id,
        arg_max(starts_at, newness) as starts_at,
        arg_max(ends_at, newness) as ends_at,
        arg_max(booked_at, newness) as booked_at,
        case
            when bool_or(state_claimed = 'rescheduled') then 'rescheduled'
            else coalesce(
                arg_max(state_claimed, newness) filter (where is_strong and state_claimed in ('cancelled', 'rejected')),
                arg_max(state_claimed, newness) filter (where is_strong),
                arg_max(state_claimed, newness)
            )
        end as state,  -- accepted | cancelled | rescheduled | rejected | pending
        bool_or(is_strong) as is_state_certain,
        max(observed_at) filter (where is_strong) as state_observed_at,
        arg_max(host_email, newness) as host_email,
        arg_max(host_name, newness) as host_name,
        arg_max(location, newness) as location,
        arg_max(is_host_absent, newness) as is_host_absent,
        arg_max(observed_at, newness) filter (where is_host_absent is not null) as host_absence_observed_at,
        arg_max(no_show_guests, newness) as no_show_guests,
        arg_max(observed_at, newness) filter (where no_show_guests is not null) as no_show_observed_at,
        bool_or(is_paid) as is_paid,
        arg_max(attendees, coalesce(json_array_length(attendees), 0) * 1000000000000000 + newness) as attendees,  -- fullest
        max(observed_at) as observed_at,
        arg_max(answers, newness) as answers,
        arg_max(rescheduled_from_uid, newness) as rescheduled_from_uid,
        arg_max(rescheduled_to_uid, newness) as rescheduled_to_uid,
        list_sort(list(distinct state_claimed) filter (where is_strong)) as strong_states
    from usable
    group by uid
)

select
    merged.* exclude (event_type_name),
    coalesce(merged.event_type_name, type_names.event_type) as event_type_name  -- null: no file tells it
from merged
left join type_names on merged.account = type_names.account and merged.event_type_id = type_names.event_type_id
