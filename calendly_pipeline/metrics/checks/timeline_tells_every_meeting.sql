-- Every meeting that counts for a contact ends in one event of the timeline when it is over or off: held, no_show,
-- cancelled or rescheduled; and nothing happened after the run's clock.
-- asset: metrics.client_timeline
-- severity: error
-- blocking: false
with told as (
    select contact_id, meeting_id, count(*) filter (where event <> 'booked') as ends_count,
        max(happened_at) filter (where event in ('held', 'no_show')) as over_at
    from metrics.client_timeline
    group by all
)

select attended.contact_id, attended.meeting_id, attended.status, told.ends_count, told.over_at
from metrics.contact_meetings as attended
inner join meetings.meetings as meetings on attended.meeting_id = meetings.meeting_id
left join told on attended.contact_id = told.contact_id and attended.meeting_id = told.meeting_id
where
    told.ends_count > 1
    or told.over_at > $as_of
    or (
        coalesce(told.ends_count, 0) = 0
        and attended.status in ('completed', 'no_show', 'cancelled', 'rescheduled')
        and not coalesce(meetings.is_host_absent, false)
    )
