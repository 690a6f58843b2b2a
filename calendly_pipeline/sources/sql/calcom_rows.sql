-- One row per row of a Cal.com export, its times turned into instants; `problem` says why a row cannot be used.
-- Insights files carry UTC times, the bookings list the browser's zone without saying so: it is read in the
-- account's zone. Insights derives its status: `completed` may hide a rejected or never confirmed booking, so
-- `claim` is weak there and `state_claimed` is only what the file can really know.
-- grain: file_id, line
-- time zone: UTC
with accounts as (
    select account.account, account.time_zone
    from (
        select unnest(from_json(
            $accounts, '[{"platform": "VARCHAR", "account": "VARCHAR", "time_zone": "VARCHAR", "until": "VARCHAR"}]'
        )) as account
    )
    where account.platform = 'calcom'
),

cells as (
    select
        exports.*,
        files.recency,
        files.account,
        least(files.modified_at, files.landed_at) as observed_at,
        coalesce(accounts.time_zone, $firm_time_zone) as zone,
        lower(trim(exports.status)) as word
    from sources.calcom_exports as exports
    inner join sources.files as files on exports.file_id = files.file_id
    left join accounts on files.account = accounts.account
),

timed as (
    select
        cells.*,
        case
            when layout = 'bookings' then utc_of(local_time(start_time), zone)
            else utc_instant(start_time)
        end as starts_at,
        case
            when layout = 'bookings' then utc_of(local_time(end_time), zone)
            else utc_instant(end_time)
        end as ends_at,
        utc_instant(created_at) as booked_at,
        layout = 'bookings' and is_repeated_hour(local_time(start_time), zone) as is_repeated,
        layout = 'bookings' and is_skipped_hour(local_time(start_time), zone) as is_skipped
    from cells
)

select
    file_id,
    line,
    recency,
    observed_at,  -- when the file was written, at the latest when it landed
    account,
    layout,
    said(uid) as uid,
    said(title) as title,
    said(event_type) as event_type,
    said(event_type_id) as event_type_id,
    starts_at,
    coalesce(ends_at, starts_at) as ends_at,
    booked_at,
    case
        when layout = 'bookings' then
            case word
                when 'accepted' then 'accepted'
                when 'cancelled' then 'cancelled'
                when 'rejected' then 'rejected'
                when 'pending' then 'pending'
                when 'awaiting_host' then 'pending'
            end
        when word in ('cancelled', 'rescheduled') then word
        else 'accepted'
    end as state_claimed,  -- accepted | cancelled | rescheduled | rejected | pending
    layout = 'bookings' or word in ('cancelled', 'rescheduled') as is_strong,  -- the file can really know this
    lower(said(host_email)) as host_email,
    said(host_username) as host_name,
    said(location) as location,
    said_true(said(no_show_host)) as is_host_absent,
    nullif(said_true(said(is_paid)), false) as is_paid,  -- null: Insights says false of free ones too
    no_show_guests,
    attendees,
    answers,
    said(rescheduled_from_uid) as rescheduled_from_uid,
    said(rescheduled_to_uid) as rescheduled_to_uid,
    case when is_repeated then 'repeated' when is_skipped then 'skipped' end as clock_change,
    case
        when said(uid) is null then 'the booking UID is blank'
        when starts_at is null then 'the start time cannot be read'
        when said(end_time) is not null and ends_at is null then 'the end time cannot be read'
        when said(created_at) is not null and booked_at is null then 'createdAt cannot be read'
        when layout = 'bookings' and word not in ('accepted', 'cancelled', 'rejected', 'pending', 'awaiting_host')
            then 'the status is none that Cal.com has'
        when coalesce(json_array_length(attendees), 0) = 0 then 'the row names no attendee'
    end as problem  -- null: the row is used
from timed
