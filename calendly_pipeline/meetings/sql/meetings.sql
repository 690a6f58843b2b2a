-- One row per booking as the inviter sees it; a moved booking is two rows, joined by its chain.
-- grain: meeting_id
select
    null::varchar as meeting_id, null::varchar as platform, null::varchar as account, null::varchar as source_event_id,
    null::varchar[] as routes, null::varchar as event_type_name, null::varchar as event_type_slug,
    null::varchar as event_type_id, null::varchar as title, null::varchar as status, null::timestamptz as starts_at,
    null::timestamptz as ends_at, null::integer as duration_minutes, null::varchar as host_email,
    null::varchar as host_name, null::varchar[] as hosts, null::varchar as location_type, null::varchar as location,
    null::timestamptz as booked_at, null::timestamptz as cancelled_at, null::varchar as cancelled_by,
    null::varchar as cancellation_reason, null::boolean as is_rescheduled, null::varchar as rescheduled_from_id,
    null::varchar as rescheduled_to_id, null::varchar as chain_id, null::integer as reschedule_count,
    null::varchar as reschedule_evidence, null::varchar as duplicate_of, null::boolean as is_host_absent,
    null::boolean as is_status_certain, null::integer as invitees_count, null::timestamptz as updated_at,
    $as_of::timestamptz as as_of
where false
