-- One row per meeting and person.
-- grain: attendee_id
select
    null::varchar as attendee_id, null::varchar as meeting_id, null::varchar as role, null::varchar as email,
    null::varchar as address, null::varchar as name, null::varchar as first_name, null::varchar as last_name,
    null::varchar as phone, null::varchar as time_zone, null::varchar as status, null::boolean as is_no_show,
    null::boolean as is_held, null::json as answers, null::json as utm, null::varchar as crm_contact_hint,
    null::timestamptz as booked_at, null::timestamptz as cancelled_at, null::varchar as cancelled_by,
    null::varchar as cancellation_reason, null::varchar as rescheduled_from_id, null::varchar as rescheduled_to_id,
    null::varchar as reschedule_evidence, null::varchar as chain_id, null::integer as reschedule_count,
    null::varchar as duplicate_of, null::varchar[] as routes
where false
