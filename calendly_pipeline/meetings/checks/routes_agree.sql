-- Where an export and the API or webhooks know one meeting, they say one thing: its start in all but 2 in 100 cases (an
-- export read in the wrong zone differs everywhere), its state in all but 10 (an export grows old). Silent under 20.
-- asset: meetings.conflicts
-- severity: warn
with both_routes as (
    select platform, count(distinct meeting_id) as known_count
    from meetings.bookings
    where list_contains(routes, 'csv') and (list_contains(routes, 'api') or list_contains(routes, 'webhook'))
    group by platform
),

disagreeing as (
    select split_part(meeting_id, ':', 1) as platform, field, count(distinct meeting_id) as conflicts_count
    from meetings.conflicts
    where route = 'csv' and other_route in ('api', 'webhook')
    group by all
)

select disagreeing.platform, disagreeing.field, disagreeing.conflicts_count, both_routes.known_count
from disagreeing
inner join both_routes on disagreeing.platform = both_routes.platform
where
    both_routes.known_count >= 20
    and disagreeing.conflicts_count > both_routes.known_count * case disagreeing.field when 'state' then 0.1 else 0.02 end
