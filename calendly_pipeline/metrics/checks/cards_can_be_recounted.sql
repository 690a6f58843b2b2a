-- Every card's dates and counts come out again when they are counted straight from attendees, a person and meeting once.
-- asset: metrics.contact_metrics
-- severity: error
with attended as (
    select
        matches.contact_id,
        meetings.meeting_id,
        day_in(any_value(meetings.starts_at), $firm_time_zone) as starts_on,
        any_value(meetings.starts_at) as starts_at,
        any_value(meetings.host_name) as host_name,
        max(attendees.is_held::integer) as held,
        max((attendees.status = 'active' and meetings.status = 'confirmed')::integer) as booked,
        max((attendees.status = 'active' and coalesce(attendees.is_no_show, false)
            and meetings.status in ('completed', 'no_show'))::integer) as missed,
        min((attendees.status = 'cancelled' and meetings.status <> 'rejected')::integer) as cancelled,
        min((attendees.cancelled_by is not distinct from 'host')::integer) as cancelled_by_host,
        min((attendees.status <> 'active')::integer) * max((attendees.status = 'rescheduled')::integer) as moved
    from contacts.matches as matches
    inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id
    inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    where
        matches.contact_id is not null
        and attendees.duplicate_of is null
        and meetings.duplicate_of is null
        and (attendees.role = 'invitee' or (attendees.role = 'guest' and $count_guests))
    group by matches.contact_id, meetings.meeting_id
),

recent as (
    select
        *,
        starts_at <= $as_of
        and date_diff('second', timezone($firm_time_zone, starts_at), timezone($firm_time_zone, $as_of::timestamptz))
        < 365 * 86400 as in_12m
    from attended
),

recounted as (
    select
        contact_id,
        min(starts_on) filter (where held = 1) as first_on,
        max(starts_on) filter (where held = 1) as last_on,
        max(starts_at) filter (where held = 1) as last_at,
        min(starts_on) filter (where booked = 1) as next_on,
        sum(held) as held_count,
        coalesce(sum(held) filter (where in_12m), 0) as held_12m,
        coalesce(sum(held) filter (
            where year(starts_on) = year(day_in($as_of, $firm_time_zone))
                and quarter(starts_on) = quarter(day_in($as_of, $firm_time_zone))
        ), 0) as held_this_quarter,
        coalesce(sum(missed * (1 - held)) filter (where in_12m), 0) as missed_12m,
        coalesce(sum(cancelled * (1 - cancelled_by_host)) filter (where in_12m), 0) as cancelled_12m,
        coalesce(sum(moved) filter (where in_12m), 0) as moved_12m
    from recent
    group by contact_id
)

select cards.contact_id, cards.meetings_count, recounted.held_count, cards.meetings_12m_count, recounted.held_12m
from metrics.contact_metrics as cards
left join recounted on cards.contact_id = recounted.contact_id
where
    $credit_counts = 'attendee'
    and (
        cards.first_meeting_on is distinct from recounted.first_on
        or cards.last_meeting_on is distinct from recounted.last_on
        or cards.next_meeting_on is distinct from recounted.next_on
        or cards.meetings_count <> coalesce(recounted.held_count, 0)
        or cards.meetings_12m_count <> coalesce(recounted.held_12m, 0)
        or cards.meetings_this_quarter_count <> coalesce(recounted.held_this_quarter, 0)
        or cards.no_show_12m_count <> coalesce(recounted.missed_12m, 0)
        or cards.cancellation_12m_count <> coalesce(recounted.cancelled_12m, 0)
        or cards.reschedule_12m_count <> coalesce(recounted.moved_12m, 0)
        or (recounted.last_at is not null and not exists (
            from attended
            where
                attended.contact_id = cards.contact_id
                and attended.starts_at = recounted.last_at
                and attended.host_name is not distinct from cards.last_host_name
        ))
    )
