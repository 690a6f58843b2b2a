-- One row per wanted record: what would be written, given what was written before. Cards of LACRM are planned apart.
-- A blank is planned only over a value that we wrote. What may have arrived and cannot be repeated waits for a look-up.
-- grain: destination, record_key
-- time zone: the firm's for the retention window
with rules as (
    select unnest(
        from_json(
            $destinations,
            '[{
                "destination": "VARCHAR", "merge_strategy": "VARCHAR", "field_strategies": "MAP(VARCHAR, VARCHAR)",
                "touchable": ["VARCHAR"], "retention_days": "INTEGER", "retention_from": "DATE", "retention_until": "DATE"
            }]'
        ),
        recursive := true
    )
),

asked as (
    select
        wanted.*,
        rules.merge_strategy,
        rules.field_strategies,
        rules.touchable,
        sent.fields as written,
        sent.accepted_at,
        sent.remote_id,
        sent.open_since,
        coalesce(sent.is_open, false) as is_open,
        coalesce(
            wanted.happened_at < $as_of::timestamptz - to_days(rules.retention_days)
            or day_in(wanted.happened_at, $firm_time_zone) < rules.retention_from
            or day_in(wanted.happened_at, $firm_time_zone) > rules.retention_until,
            false
        ) as is_outside
    from destinations.wanted as wanted
    inner join rules on wanted.destination = rules.destination
    left join destinations.sent as sent
        on wanted.destination = sent.destination and wanted.record_key = sent.record_key
),

-- Whether it is sent at all; the first that fits.
decided as (
    select
        *,
        case
            when blocked_reason is not null then 'blocked'
            when is_outside then 'skip'
            when is_open and accepted_at is null and not is_repeatable then 'blocked'
            when accepted_at is null then 'create'
            when is_once or merge_strategy = 'ignore_existing' then 'skip'
            else 'update'
        end as intended,
        case
            when blocked_reason is not null then blocked_reason
            when is_outside then 'outside the time that is sent (retention)'
            when is_open and accepted_at is null and not is_repeatable then concat(
                'nobody knows whether the attempt of ', strftime(open_since, '%d %b %Y %H:%M'),
                ' UTC arrived; look there, then `calendly-pipeline settle`'
            )
            when accepted_at is null then 'new there'
            when is_once then 'sent before'
            when merge_strategy = 'ignore_existing' then 'there already, and existing records are left alone'
        end as why
    from asked
),

cells as (
    select
        destination,
        record_key,
        unnest(map_keys(cells)) as field,
        unnest(map_values(cells)) as value
    from (select destination, record_key, from_json(fields, '"MAP(VARCHAR, JSON)"') as cells from decided)
),

written_cells as (
    select
        destination,
        record_key,
        unnest(map_keys(cells)) as field,
        unnest(map_values(cells)) as value
    from (select destination, record_key, from_json(written, '"MAP(VARCHAR, JSON)"') as cells from decided)
),

due as (
    select
        cells.destination,
        cells.record_key,
        cells.field,
        cells.value,
        written_cells.value as before
    from cells
    inner join decided on cells.destination = decided.destination and cells.record_key = decided.record_key
    left join written_cells
        on cells.destination = written_cells.destination
        and cells.record_key = written_cells.record_key
        and cells.field = written_cells.field
    where
        (decided.touchable is null or list_contains(decided.touchable, cells.field))
        and case decided.intended
            when 'create' then cells.value is not null
            when 'update' then
                case coalesce(decided.field_strategies[cells.field], decided.merge_strategy)
                    when 'overwrite' then
                        cells.value is distinct from written_cells.value
                        or decided.is_open and written_cells.value is not null
                    when 'append_only' then
                        cells.value is not null and (written_cells.value is null or decided.is_open)
                    else false
                end
            else false
        end
),

payloads as (
    select
        destination,
        record_key,
        to_json(map(list(field order by field), list(value order by field))) as payload,
        to_json(map(list(field order by field), list(before order by field))) as before,
        count(*) as changed_fields_count,
        string_agg(field, ', ' order by field) as changed_fields
    from due
    group by destination, record_key
)

select
    decided.destination,
    decided.record_key,
    case when decided.intended in ('create', 'update') and payloads.payload is null then 'skip' else decided.intended end
        as operation,  -- create | update | skip | blocked
    coalesce(payloads.payload, '{}'::json) as payload,
    coalesce(payloads.before, '{}'::json) as before,
    case
        when decided.why is not null and not (decided.intended = 'create' and payloads.payload is null) then decided.why
        when payloads.payload is null then 'up to date'
        when decided.is_open then 'an attempt may not have arrived; sent again, which does no harm'
        else concat(
            payloads.changed_fields_count,
            case when payloads.changed_fields_count = 1 then ' field differs: ' else ' fields differ: ' end,
            payloads.changed_fields
        )
    end as reason,
    coalesce(payloads.changed_fields_count, 0)::integer as changed_fields_count,
    decided.intended = 'update' and payloads.payload is not null and not decided.is_open as counts_for_guard,
    decided.kind,
    decided.contact_id,
    decided.label,
    decided.happened_at,
    decided.fields,
    decided.written,
    decided.remote_id
from decided
left join payloads on decided.destination = payloads.destination and decided.record_key = payloads.record_key
