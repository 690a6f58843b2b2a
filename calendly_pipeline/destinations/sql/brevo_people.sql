-- One row per address that booked: the booking that speaks for it. The next one to come; else what happened last; a booking
-- that was moved away only when nothing else is left.
-- grain: address
-- time zone: UTC; the firm's for days
with ranked as (
    select
        *,
        row_number() over (
            partition by address
            order by
                is_coming desc,
                case when is_coming then starts_at end,
                outcome = 'moved',
                coalesce(happened_at, starts_at) desc,
                attendee_id
        ) as place
    from destinations.brevo_bookings
),

ever as (
    select
        address,
        max(greatest(starts_at, happened_at)) as last_at,
        min(booked_at) as first_booked_at,
        max(contact_id) as contact_id,
        arg_max(company, (booked_at, attendee_id)) filter (where company is not null) as company,
        arg_max(phone, (booked_at, attendee_id)) filter (where phone is not null) as phone
    from destinations.brevo_bookings
    group by address
),

-- A phone stands on one contact of Brevo's only: it goes to who gave it first.
phones as (
    select address, phone
    from ever
    where phone is not null
    qualify row_number() over (partition by phone order by first_booked_at, address) = 1
)

select
    ranked.address,
    coalesce(ranked.contact_id, ever.contact_id) as contact_id,
    ranked.meeting_id,
    ranked.first_name,
    ranked.last_name,
    phones.phone,  -- E.164; null: none given, or another address gave it before
    ever.company,
    ranked.event_type,
    ranked.meeting_type,
    case ranked.outcome when 'moved' then 'rescheduled' else ranked.outcome end
        as status,  -- booked | rescheduled | completed | no_show | cancelled
    day_in(ranked.shown_starts_at, $firm_time_zone) as meeting_date,  -- when it is, not when it was booked
    strftime(ranked.shown_starts_at, '%Y-%m-%dT%H:%M:%SZ') as meeting_at,
    ranked.host_name,
    ranked.host_email,
    ranked.time_zone,
    day_in(ranked.booked_at, $firm_time_zone) as booked_on,
    ever.last_at  -- the last thing that happened or is to come; all records of the address go by it
from ranked
inner join ever on ranked.address = ever.address
left join phones on ranked.address = phones.address
where ranked.place = 1
