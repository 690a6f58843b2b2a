-- Every event type that people booked in the last 365 days has a list in Brevo, once any has: by a rule or the default.
-- asset: destinations.brevo_lists
-- severity: warn
select
    bookings.event_type,
    count(*)::integer as bookings_count
from destinations.brevo_bookings as bookings
left join destinations.brevo_lists as lists
    on bookings.address = lists.address and list_contains(lists.event_types, bookings.event_type)
where
    bookings.outcome not in ('cancelled', 'moved')
    and bookings.starts_at > $as_of::timestamptz - interval 365 day
    and json_array_length($brevo::json -> 'lists') > 0
    and lists.address is null
group by bookings.event_type
