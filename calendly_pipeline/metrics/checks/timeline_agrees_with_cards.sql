-- The timeline holds one held event for every held meeting a card counts.
-- asset: metrics.client_timeline
-- severity: error
with held as (
    select contact_id, count(*) as held_count
    from metrics.client_timeline
    where event = 'held'
    group by contact_id
)

select metrics.contact_id, metrics.meetings_count, held.held_count
from metrics.contact_metrics as metrics
left join held on metrics.contact_id = held.contact_id
where metrics.meetings_count <> coalesce(held.held_count, 0) and $credit_counts = 'attendee'
