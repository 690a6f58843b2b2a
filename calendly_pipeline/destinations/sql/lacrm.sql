-- One row per LACRM card: what would be written, and why, or why not. Nothing is sent from here.
-- A blank is planned only where what stands there is what we last wrote. A newer data-through date alone is no change
-- until the card's copy is `lacrm.refresh_after_days` old; an earlier one is, so that nothing stale looks fresh.
-- grain: record_key
with compared as (
    select
        *,
        metric = 'meeting_data_through_on' as is_data_through,
        case
            when not is_known then false
            when wanted is null then present is not null and present = last_written
            when present is null then true
            when wanted = present then false
            when try_cast(wanted as double) = try_cast(present as double) then false
            else true
        end as differs
    from destinations.lacrm_values
),

judged as (
    select
        *,
        differs and (
            not is_data_through
            or present is null
            or wanted is null
            or try_cast(present as date) is null
            or try_cast(wanted as date) < try_cast(present as date)
            or try_cast(present as date) <= day_in($as_of, $firm_time_zone) - $refresh_after_days::integer
        ) as is_reason_to_write
    from compared
),

met as (
    select contact_id from metrics.contact_meetings
    union
    select mine.contact_id
    from contacts.households as mine
    inner join contacts.households as theirs on mine.household_id = theirs.household_id
    inner join metrics.contact_meetings as attended on theirs.contact_id = attended.contact_id
    where $credit_portfolio_review = 'household' or $credit_counts = 'household'
    union
    select record_key as contact_id from destinations.ledger where destination = 'lacrm' and outcome = 'accepted'
),

cards as (
    select
        contact_id,
        bool_or(is_reason_to_write) as has_reason,
        coalesce(bool_or(differs and not is_data_through), false) as counts_for_guard,
        string_agg(field, ', ' order by position) filter (where not is_known) as unknown_fields,
        string_agg(field, ', ' order by position) filter (where differs) as changed_fields,
        (count(*) filter (where differs))::integer as changed_fields_count,
        to_json(map(
            list(field order by position) filter (where differs), list(wanted order by position) filter (where differs)
        )) as payload,
        to_json(map(
            list(field order by position) filter (where differs), list(present order by position) filter (where differs)
        )) as before
    from judged
    group by contact_id
),

decided as (
    select
        contacts.contact_id,
        cards.* exclude (contact_id),
        case
            when cards.contact_id is null or met.contact_id is null then 'skip'
            when cards.unknown_fields is not null then 'blocked'
            when cards.has_reason then 'update'
            else 'skip'
        end as operation,
        cards.contact_id is not null as has_fields,
        met.contact_id is not null as has_met
    from contacts.contacts as contacts
    left join cards on contacts.contact_id = cards.contact_id
    left join met on contacts.contact_id = met.contact_id
    where contacts.source = 'crm' and not contacts.is_company
)

select
    'lacrm' as destination,
    contact_id as record_key,
    operation,  -- create | update | skip | blocked
    case when operation = 'update' then payload else json_object() end as payload,  -- field -> new value; null blanks it
    case when operation = 'update' then before else json_object() end as before,  -- field -> present value
    case
        when not has_fields then 'lacrm.fields names no field'
        when not has_met then 'no meeting is matched to this contact'
        when operation = 'blocked' then concat(
            'the present value of ', unknown_fields,
            ' is unknown: the contact export has no such column; add the field in LACRM and export the contacts again'
        )
        when operation = 'update' then concat(
            changed_fields_count, case when changed_fields_count = 1 then ' field differs: ' else ' fields differ: ' end, changed_fields
        )
        else 'the card is up to date'
    end as reason,
    case when operation = 'update' then changed_fields_count else 0 end as changed_fields_count,
    operation = 'update' and counts_for_guard as counts_for_guard  -- a newer data-through date alone does not
from decided
