-- One row per LACRM card: what would be written, and why, or why not. Nothing is sent from here.
-- A blank is planned only where what stands there is what we last wrote. A newer data-through date alone is no change
-- until the card's copy is `lacrm.refresh_after_days` old; an earlier one is, so that nothing stale looks fresh.
-- grain: record_key
with changes as (
    select
        contact_id,
        list({'field': field, 'wanted': wanted, 'present': present} order by position) as fields,
        bool_or(metric not in ('meeting_data_through_on', 'meetings_this_quarter_count')) as counts_for_guard,
        bool_or(
            metric <> 'meeting_data_through_on'
            or wanted is null
            or try_cast(present as date) is null
            or try_cast(wanted as date) < try_cast(present as date)
            or try_cast(present as date) <= day_in($as_of, $firm_time_zone) - $refresh_after_days::integer
        ) as is_due
    from destinations.lacrm_values
    where is_changed
    group by contact_id
),

unknown as (
    select contact_id, string_agg(field, ', ' order by position) as fields
    from destinations.lacrm_values
    where not is_known
    group by contact_id
),

written as (
    select record_key as contact_id
    from destinations.sent
    where destination = 'lacrm' and accepted_at is not null
),

-- Who has a number to show: met the firm, shares what a member of the household did, or was written to before.
met as (
    select contact_id
    from metrics.contact_meetings
    union
    select mine.contact_id
    from contacts.households as mine
    inner join contacts.households as theirs on mine.household_id = theirs.household_id
    inner join metrics.contact_meetings as attended on theirs.contact_id = attended.contact_id
    where
        $credit_counts = 'household'
        or $credit_portfolio_review = 'household' and attended.is_portfolio_review
    union
    select contact_id from written
),

decided as (
    select
        contacts.contact_id,
        coalesce(contacts.full_name, contacts.company) as record_name,
        written.contact_id is not null as was_written,
        changes.fields,
        changes.counts_for_guard,
        unknown.fields as unknown_fields,
        met.contact_id is not null as has_met,
        case
            when met.contact_id is null then 'skip'
            when unknown.contact_id is not null then 'blocked'
            when changes.is_due then 'update'
            else 'skip'
        end as operation
    from contacts.contacts as contacts
    left join met on contacts.contact_id = met.contact_id
    left join changes on contacts.contact_id = changes.contact_id
    left join unknown on contacts.contact_id = unknown.contact_id
    left join written on contacts.contact_id = written.contact_id
    where contacts.source = 'crm' and not contacts.is_company
),

planned as (
    select *, case when operation = 'update' then fields else [] end as planned_fields
    from decided
)

select
    'lacrm' as destination,
    contact_id as record_key,
    operation,  -- create | update | skip | blocked
    to_json(map(
        list_transform(planned_fields, lambda one: one.field), list_transform(planned_fields, lambda one: one.wanted)
    )) as payload,  -- field -> new value; null blanks it
    to_json(map(
        list_transform(planned_fields, lambda one: one.field), list_transform(planned_fields, lambda one: one.present)
    )) as before,  -- field -> present value
    case
        when not exists (from destinations.lacrm_fields) then 'lacrm.fields names no field'
        when not has_met then 'no meeting is matched to this contact'
        when operation = 'blocked' then concat(
            'the present value of ', unknown_fields,
            ' is unknown: LACRM''s contacts have no such field; add it there, then export or pull the contacts again'
        )
        when operation = 'update' then concat(
            len(planned_fields),
            case when len(planned_fields) = 1 then ' field differs: ' else ' fields differ: ' end,
            array_to_string(list_transform(planned_fields, lambda one: one.field), ', ')
        )
        when fields is not null then 'only the data-through date is newer'
        else 'the card is up to date'
    end as reason,
    len(planned_fields)::integer as changed_fields_count,
    operation = 'update' and was_written and counts_for_guard
        as counts_for_guard,  -- a newer data-through date or a new quarter alone does not
    record_name
from planned
