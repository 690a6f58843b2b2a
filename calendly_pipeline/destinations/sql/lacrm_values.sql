-- One row per LACRM card and mapped field: what should stand there, what stands there, and what we last wrote.
-- What stands there comes from the CRM's export; a field the export has no column for is unknown. A day is compared as a
-- day: `2026-03-01` and `3/1/2026` are the same.
-- grain: contact_id, field
-- source of truth: metrics.contact_metrics for what should stand there
with cards as (
    select contact_id, coalesce(from_json(fields, '"MAP(VARCHAR, VARCHAR)"'), map()) as present
    from contacts.contacts
    where source = 'crm' and not is_company
),

said as (
    select
        contact_id,
        unnest([
            {'metric': 'first_meeting_on', 'value': first_meeting_on::varchar},
            {'metric': 'last_meeting_on', 'value': last_meeting_on::varchar},
            {'metric': 'next_meeting_on', 'value': next_meeting_on::varchar},
            {'metric': 'meetings_this_quarter_count', 'value': meetings_this_quarter_count::varchar},
            {'metric': 'meetings_12m_count', 'value': meetings_12m_count::varchar},
            {'metric': 'last_portfolio_review_on', 'value': last_portfolio_review_on::varchar},
            {'metric': 'next_portfolio_review_on', 'value': next_portfolio_review_on::varchar},
            {'metric': 'review_due_on', 'value': review_due_on::varchar},
            {'metric': 'review_status', 'value': case review_status
                when 'current' then 'Current' when 'due' then 'Due' when 'overdue' then 'Overdue' else 'None on record' end},
            {'metric': 'no_show_12m_count', 'value': no_show_12m_count::varchar},
            {'metric': 'cancellation_12m_count', 'value': cancellation_12m_count::varchar},
            {'metric': 'reschedule_12m_count', 'value': reschedule_12m_count::varchar},
            {'metric': 'is_reschedule_escalation', 'value': case when is_reschedule_escalation then 'Yes' else 'No' end},
            {'metric': 'last_meeting_type', 'value':
                upper(replace(last_meeting_type, '_', ' ')[1]) || replace(last_meeting_type, '_', ' ')[2:]},
            {'metric': 'last_host_name', 'value': last_host_name},
            {'metric': 'meeting_data_through_on', 'value': meeting_data_through_on::varchar}
        ]) as entry
    from metrics.contact_metrics
),

written as (
    select record_key, sent.key as field, arg_max(coalesce(sent.value, ''), entry_id) as value
    from (
        select record_key, entry_id, unnest(map_entries(from_json(payload, '"MAP(VARCHAR, VARCHAR)"'))) as sent
        from destinations.ledger
        where destination = 'lacrm' and outcome = 'accepted'
    )
    group by record_key, sent.key
)

select
    cards.contact_id,
    fields.position,
    fields.field,  -- display name of the custom field
    fields.metric,
    nullif(trim(said.entry.value), '') as wanted,  -- null: blank
    len(map_extract(cards.present, fields.field)) > 0 as is_known,  -- the CRM's export has a column for the field
    case when fields.field_type = 'Date' then coalesce(
        strftime(try_strptime(trim(map_extract(cards.present, fields.field)[1]), ['%Y-%m-%d', '%m/%d/%Y']), '%Y-%m-%d'),
        nullif(trim(map_extract(cards.present, fields.field)[1]), '')
    ) else nullif(trim(map_extract(cards.present, fields.field)[1]), '') end as present,
    nullif(written.value, '') as last_written
from cards
cross join destinations.lacrm_fields as fields
inner join said on cards.contact_id = said.contact_id and fields.metric = said.entry.metric
left join written on cards.contact_id = written.record_key and fields.field = written.field
