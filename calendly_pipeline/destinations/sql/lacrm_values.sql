-- One row per LACRM card and mapped field: what should stand there, what stands there, and what we last wrote.
-- What stands there comes from the CRM, by API or export, or from our own accepted write where that is newer; a field
-- of which neither speaks is unknown. A day is compared as a day (`2026-03-01` and `3/1/2026` are the same), a number as a
-- number (`3` and `3.0`). A blank is a change only over what we last wrote ourselves.
-- A first meeting is never moved to a later day unless we wrote it ourselves: files often begin after the relationship.
-- The merge strategy and what may be touched are `destinations.lacrm`'s.
-- grain: contact_id, field
-- source of truth: metrics.contact_metrics for what should stand there
with rules as (
    select unnest(
        from_json(
            $lacrm,
            '{
                "merge_strategy": "VARCHAR", "field_strategies": "MAP(VARCHAR, VARCHAR)", "touchable": ["VARCHAR"],
                "keep_existing": "BOOLEAN"
            }'
        )
    )
),

cards as (
    select
        contacts.contact_id,
        from_json(contacts.fields, '"MAP(VARCHAR, VARCHAR)"') as cells,
        coalesce(contacts.read_at, least(files.modified_at, files.landed_at)) as exported_at
    from contacts.contacts as contacts
    left join sources.files as files on contacts.file_id = files.file_id
    where contacts.source = 'crm' and not contacts.is_company
),

said as (
    select contact_id, unnest(map_keys(cells)) as field, unnest(map_values(cells)) as value
    from cards
),

accepted as (
    select
        record_key,
        entry_id,
        settled_at,
        from_json(payload, '"MAP(VARCHAR, VARCHAR)"') as cells
    from destinations.ledger
    where destination = 'lacrm' and outcome = 'accepted'
),

written as (
    select
        record_key as contact_id,
        field,
        arg_max({'value': value, 'at': settled_at}, entry_id) as last
    from (
        select record_key, entry_id, settled_at, unnest(map_keys(cells)) as field, unnest(map_values(cells)) as value
        from accepted
    )
    group by record_key, field
),

wanted as (
    select
        contact_id,
        unnest([
            'first_meeting_on', 'last_meeting_on', 'next_meeting_on', 'meetings_this_quarter_count', 'meetings_12m_count',
            'last_portfolio_review_on', 'next_portfolio_review_on', 'review_due_on', 'review_status', 'no_show_12m_count',
            'cancellation_12m_count', 'reschedule_12m_count', 'is_reschedule_escalation', 'last_meeting_type',
            'last_host_name', 'meeting_data_through_on'
        ]) as metric,
        unnest([
            first_meeting_on::varchar, last_meeting_on::varchar, next_meeting_on::varchar,
            meetings_this_quarter_count::varchar, meetings_12m_count::varchar,
            last_portfolio_review_on::varchar, next_portfolio_review_on::varchar, review_due_on::varchar,
            case review_status
                when 'current' then 'Current'
                when 'due' then 'Due'
                when 'overdue' then 'Overdue'
                else 'None on record'
            end,
            no_show_12m_count::varchar, cancellation_12m_count::varchar, reschedule_12m_count::varchar,
            case when is_reschedule_escalation then 'Yes' else 'No' end,
            upper(last_meeting_type[1]) || replace(last_meeting_type[2:], '_', ' '),
            said(last_host_name), meeting_data_through_on::varchar
        ]) as value
    from metrics.contact_metrics
),

held as (
    select
        cards.contact_id,
        fields.position,
        fields.field,
        fields.metric,
        fields.field_type,
        wanted.value as wanted,
        said.field is not null or coalesce(written.last.at > cards.exported_at, false) as is_known,
        said(case when written.last.at > cards.exported_at then written.last.value else said.value end) as present,
        said(written.last.value) as last_written
    from cards
    cross join destinations.lacrm_fields as fields
    inner join wanted on cards.contact_id = wanted.contact_id and fields.metric = wanted.metric
    left join said on cards.contact_id = said.contact_id and fields.field = said.field
    left join written on cards.contact_id = written.contact_id and fields.field = written.field
),

-- Values that are not in the form we write, in that form.
forms as (
    select
        field_type,
        value,
        case field_type
            when 'Date' then strftime(try_strptime(value, '%m/%d/%Y'), '%Y-%m-%d')
            when 'Number' then case
                when try_cast(value as double) = try_cast(try_cast(value as double) as bigint)
                    then try_cast(try_cast(value as double) as bigint)::varchar
            end
        end as form
    from (
        select field_type, present as value from held
        union
        select field_type, last_written as value from held
    )
    where field_type in ('Date', 'Number') and value is not null
),

compared as (
    select
        held.* exclude (present, last_written),
        coalesce(present_forms.form, held.present) as present,
        coalesce(written_forms.form, held.last_written) as last_written
    from held
    left join forms as present_forms
        on held.field_type = present_forms.field_type and held.present = present_forms.value
    left join forms as written_forms
        on held.field_type = written_forms.field_type and held.last_written = written_forms.value
)

select
    contact_id,
    position,
    field,  -- display name of the custom field
    metric,
    wanted,  -- null: blank
    is_known,  -- the CRM has the field, as its API or export says, or we wrote it since
    present,  -- in the form we write; null: blank, or unknown
    last_written,  -- by our last accepted write of the field
    is_known and may_touch and case
        when wanted is null then coalesce(present = last_written, false)
        when metric = 'first_meeting_on' and try_cast(present as date) < try_cast(wanted as date)
            then coalesce(present = last_written, false)
        else wanted is distinct from present
    end as is_changed
from (
    select
        compared.*,
        (rules.touchable is null or list_contains(rules.touchable, compared.field))
        and case coalesce(rules.field_strategies[compared.field], rules.merge_strategy)
            when 'overwrite' then
                not rules.keep_existing or compared.present is null or compared.present is not distinct from compared.last_written
            when 'append_only' then compared.present is null
            else false
        end as may_touch
    from compared
    cross join rules
)
