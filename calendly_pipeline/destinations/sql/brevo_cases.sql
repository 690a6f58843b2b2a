-- One row per address whose last meeting did not come about and who is to be asked to book again: within the window,
-- nothing booked or held since under any address of the person, and not asked too often.
-- grain: address
-- time zone: UTC
with rules as (
    select
        asking ->> 'list' as list_name,
        from_json(asking -> 'after', '["VARCHAR"]') as after,
        (asking ->> 'window_days')::integer as window_days,
        (asking ->> 'most_per_year')::integer as most_per_year,
        asking ->> 'link_attribute' as link_attribute,
        asking ->> 'event_type' as wanted_event_type
    from (select $brevo::json -> 'reengagement' as asking)
    where json_type(asking) = 'OBJECT'
),

missed as (
    select bookings.*, rules.*
    from destinations.brevo_bookings as bookings
    inner join rules on list_contains(rules.after, bookings.outcome)
    where
        bookings.happened_at <= $as_of
        and bookings.happened_at > $as_of::timestamptz - to_days(rules.window_days)
    qualify row_number() over (
        partition by bookings.address order by bookings.happened_at desc, bookings.attendee_id
    ) = 1
),

asked_before as (
    select
        split_part(record_key, ':', 1) as address,
        regexp_extract(record_key, '^[^:]+:again:(.*)$', 1) as act_id
    from destinations.sent
    where
        destination = 'brevo'
        and kind = 'reengagement'
        and accepted_at > $as_of::timestamptz - interval 365 day
)

select
    missed.address,
    missed.contact_id,
    missed.act_id,  -- the meeting, as keys name it
    missed.outcome,  -- cancelled | no_show
    missed.happened_at,
    missed.event_type as event_type_name,
    missed.list_name,
    missed.link_attribute,  -- null: no link is wanted
    case
        when missed.link_attribute is not null then coalesce(
            missed.wanted_event_type, case when missed.platform = 'calendly' then missed.event_type_id end
        )
    end as books_event_type  -- id, slug or name at Calendly; null: there is none to book
from missed
where
    not exists (
        from destinations.brevo_bookings as later
        where
            later.person = missed.person
            and later.outcome <> 'cancelled'
            and (
                later.is_coming
                or later.booked_at > missed.happened_at
                or later.outcome = 'completed' and later.starts_at > missed.happened_at
            )
    )
    and missed.most_per_year > (
        select count(*)
        from asked_before
        where asked_before.address = missed.address and asked_before.act_id <> missed.act_id
    )
