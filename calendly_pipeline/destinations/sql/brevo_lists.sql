-- One row per address and list of Brevo that its bookings within the retention put it on. The first rule that fits a
-- booking, else the default.
-- grain: address, list_name
with rules as (
    select
        rule.list as list_name,
        rule.event_type,
        rule.name_pattern,
        row_number() over () as place
    from (
        select unnest(
            from_json(
                $brevo::json -> 'lists', '[{"list": "VARCHAR", "event_type": "VARCHAR", "name_pattern": "VARCHAR"}]'
            )
        ) as rule
    )
),

fitting as (
    select
        bookings.attendee_id,
        arg_min(rules.list_name, rules.place) as list_name
    from destinations.brevo_bookings as bookings
    inner join rules
        on (
            rules.event_type is null
            or rules.event_type in (
                lower(bookings.event_type_id), lower(bookings.event_type_slug), lower(bookings.event_type)
            )
        )
        and (rules.name_pattern is null or regexp_matches(bookings.event_type, rules.name_pattern, 'i'))
    group by bookings.attendee_id
)

select
    bookings.address,
    coalesce(fitting.list_name, $brevo::json ->> 'default_list') as list_name,
    max(bookings.contact_id) as contact_id,
    list_sort(list(distinct bookings.event_type)) as event_types  -- that led there
from destinations.brevo_bookings as bookings
left join fitting on bookings.attendee_id = fitting.attendee_id
where
    bookings.outcome not in ('cancelled', 'moved')
    and coalesce(bookings.starts_at >= $as_of::timestamptz - to_days(($brevo::json ->> 'retention_days')::integer), true)
    and coalesce(
        day_in(bookings.starts_at, $firm_time_zone) >= ($brevo::json ->> 'retention_from')::date, true
    )
    and coalesce(
        day_in(bookings.starts_at, $firm_time_zone) <= ($brevo::json ->> 'retention_until')::date, true
    )
    and coalesce(fitting.list_name, $brevo::json ->> 'default_list') is not null
group by bookings.address, coalesce(fitting.list_name, $brevo::json ->> 'default_list')
