-- Every value a plan would write is the card's own; a card with a meeting is not passed over, and one without is.
-- asset: destinations.plan
-- severity: error
with planned as (
    select record_key as contact_id, unnest(map_entries(from_json(payload, '"MAP(VARCHAR, VARCHAR)"'))) as field
    from destinations.plan
    where destination = 'lacrm' and operation = 'update'
),

cards as (
    unpivot (
        select contact_id, first_meeting_on::varchar as first_meeting_on, last_meeting_on::varchar as last_meeting_on,
            next_meeting_on::varchar as next_meeting_on, review_due_on::varchar as review_due_on,
            last_portfolio_review_on::varchar as last_portfolio_review_on,
            next_portfolio_review_on::varchar as next_portfolio_review_on,
            meetings_12m_count::varchar as meetings_12m_count,
            meetings_this_quarter_count::varchar as meetings_this_quarter_count,
            no_show_12m_count::varchar as no_show_12m_count, cancellation_12m_count::varchar as cancellation_12m_count,
            reschedule_12m_count::varchar as reschedule_12m_count, last_host_name,
            meeting_data_through_on::varchar as meeting_data_through_on
        from metrics.contact_metrics
    ) on columns(* exclude (contact_id)) into name metric value said
),

-- Who has a meeting, or shares the portfolio reviews of somebody who has.
met as (
    select contact_id from metrics.contact_meetings
    union
    select mine.contact_id
    from metrics.contact_meetings as attended
    inner join contacts.households as theirs on attended.contact_id = theirs.contact_id
    inner join contacts.households as mine on theirs.household_id = mine.household_id
    where $credit_counts = 'household' or ($credit_portfolio_review = 'household' and attended.is_portfolio_review)
)

select planned.contact_id, fields.metric, planned.field.value as planned, cards.said as on_card
from planned
inner join destinations.lacrm_fields as fields on planned.field.key = fields.field
left join cards on planned.contact_id = cards.contact_id and fields.metric = cards.metric
where
    fields.metric not in ('review_status', 'is_reschedule_escalation', 'last_meeting_type')
    and nullif(trim(planned.field.value), '') is distinct from nullif(trim(cards.said), '')
union all by name
select plan.record_key as contact_id, 'meetings_count' as metric, plan.reason as planned,
    cards.meetings_count::varchar as on_card
from destinations.plan as plan
inner join metrics.contact_metrics as cards on plan.record_key = cards.contact_id
where
    plan.destination = 'lacrm'
    and case
        when plan.operation = 'skip' then
            cards.meetings_count > 0 and plan.reason = 'no meeting is matched to this contact'
        else
            cards.meetings_count = 0
            and plan.record_key not in (select contact_id from met)
            and plan.record_key not in (select record_key from destinations.ledger)
    end
