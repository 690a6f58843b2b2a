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
left join told on attended.contact_id = told.contact_id and attended.meeting_id = told.meeting_id
where
    coalesce(told.ends_count, 0) <> case when attended.status in ('confirmed', 'pending', 'rejected') then 0 else 1 end
    and attended.is_held is distinct from (attended.status = 'no_show' and attended.is_no_show)
    or told.over_at > $as_of
