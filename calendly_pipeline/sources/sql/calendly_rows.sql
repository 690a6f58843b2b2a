-- One row per row of a Calendly export, its times turned into instants; `problem` says why a row cannot be used.
-- Zone-less times are read in the account's zone. An hour that occurs twice means its first occurrence; an hour
-- that does not exist is moved forward by the gap (RFC 5545); `clock_change` counts both.
-- grain: file_id, line
-- time zone: UTC
-- source of truth: the newest file that has the column
with accounts as (
    select account.account, account.time_zone
    from (
        select unnest(from_json(
            $accounts, '[{"platform": "VARCHAR", "account": "VARCHAR", "time_zone": "VARCHAR", "until": "VARCHAR"}]'
        )) as account
    )
    where account.platform = 'calendly'
),

cells as (
    select
        exports.*,
        files.recency,
        files.account,
        least(files.modified_at, files.landed_at) as observed_at,
        coalesce(accounts.time_zone, $firm_time_zone) as zone,
        local_time(exports.start_date_time) as start_wall,
        local_time(exports.end_date_time) as end_wall,
        local_time(exports.event_created_date_time) as booked_wall
    from sources.calendly_exports as exports
    inner join sources.files as files on exports.file_id = files.file_id
    left join accounts on files.account = accounts.account
),

-- Zone rules are looked up once per zone and quarter of an hour: clocks change on those, and rows share them.
quarters as (
    select zone, time_bucket(interval 15 minute, wall) as quarter
    from (
        select zone, unnest([start_wall, end_wall, booked_wall]) as wall
        from cells
    )
    where wall is not null
    group by all
),

offsets as (
    select
        zone,
        quarter,
        utc_of(quarter, zone) - timezone('UTC', quarter) as offset_from_utc,
        is_repeated_hour(quarter, zone) as is_repeated,
        is_skipped_hour(quarter, zone) as is_skipped
    from quarters
),

timed as (
    select
        cells.*,
        timezone('UTC', cells.start_wall) + at_start.offset_from_utc as starts_at,
        timezone('UTC', coalesce(cells.end_wall, cells.start_wall))
        + coalesce(at_end.offset_from_utc, at_start.offset_from_utc) as ends_at,
        timezone('UTC', cells.booked_wall) + at_booking.offset_from_utc as booked_at,
        at_start.is_repeated,
        at_start.is_skipped
    from cells
    left join offsets as at_start
        on cells.zone = at_start.zone and time_bucket(interval 15 minute, cells.start_wall) = at_start.quarter
    left join offsets as at_end
        on cells.zone = at_end.zone and time_bucket(interval 15 minute, cells.end_wall) = at_end.quarter
    left join offsets as at_booking
        on cells.zone = at_booking.zone and time_bucket(interval 15 minute, cells.booked_wall) = at_booking.quarter
)

select
    file_id,
    line,  -- line of the file the row begins on
    recency,  -- rank of the file; a higher one wins
    observed_at,  -- when the file was written, at the latest when it landed
    account,
    lower(said(event_uuid)) as event_uuid,
    lower(said(invitee_uuid)) as invitee_uuid,
    said(invitee_email) as email,  -- as given
    plain_address(invitee_email) as address,  -- as compared
    invitee_name,
    invitee_first_name,
    invitee_last_name,
    invitee_time_zone,
    text_reminder_number,
    event_type_name,
    starts_at,
    ends_at,
    booked_at,
    location,
    coalesce(said_true(canceled), false) as is_cancelled,
    canceled_by,
    cancellation_reason,
    case when marked_as_no_show is not null then said_true(marked_as_no_show) end as is_no_show,  -- null: no such column
    guest_emails,
    user_email,
    user_name,
    salesforce_uuid,
    utm_campaign,
    utm_source,
    utm_medium,
    utm_term,
    utm_content,
    answers,
    key_of(['calendly', account, plain_address(invitee_email), epoch_ms(starts_at)::varchar, trim(event_type_name)])
        as booking_key,  -- stands in for the UUID where a file has none
    case
        when is_repeated then 'repeated'
        when is_skipped then 'skipped'
    end as clock_change,  -- the start fell into a clock change and was settled by rule
    case
        when plain_address(invitee_email) is null then 'Invitee Email is blank'
        when said(start_date_time) is null then 'Start Date & Time is blank'
        when start_wall is null then 'Start Date & Time is no time of the form 2025-03-03 11:00 am or 2025-03-03 11:00'
        when said(end_date_time) is not null and end_wall is null then 'End Date & Time is no such time'
        when end_wall < start_wall - interval 2 hour then 'End Date & Time lies before the start'
        when said(event_created_date_time) is not null and booked_wall is null
            then 'Event Created Date & Time is no such time'
        when said(canceled) is not null and said_true(canceled) is null then 'Canceled is neither true nor false'
        when said(marked_as_no_show) is not null and said_true(marked_as_no_show) is null
            then 'Marked as No-Show is neither Yes nor No'
    end as problem  -- null: the row is used
from timed
