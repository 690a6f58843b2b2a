-- One row per submission of a Calendly routing form, whether it led to a booking or not.
-- grain: submission_id
-- time zone: UTC
-- source of truth: Calendly, the newest `updated_at`
with seen as (
    select lower(record_id) as submission_id, account, true as is_answer, observed_at, updated_at as stamped_at, body
    from sources.api_records
    where platform = 'calendly' and kind = 'routing_form_submission'
    union all by name
    select
        uri_id(body ->> '$.payload.uri') as submission_id,
        account,
        false as is_answer,
        coalesce(occurred_at, received_at) as observed_at,
        body -> '$.payload' as body
    from sources.webhook_deliveries
    where platform = 'calendly' and kind = 'routing_form_submission.created'
),

read as (
    select
        *,
        from_json(body, '{
            "routing_form": "VARCHAR",
            "questions_and_answers": [{"question": "VARCHAR", "answer": "VARCHAR"}],
            "tracking": {
                "utm_campaign": "VARCHAR", "utm_source": "VARCHAR", "utm_medium": "VARCHAR", "utm_content": "VARCHAR",
                "utm_term": "VARCHAR"
            },
            "result": {"type": "VARCHAR", "value": "VARCHAR"}, "submitter": "VARCHAR",
            "created_at": "VARCHAR", "updated_at": "VARCHAR"
        }') as record
    from seen
    where nullif(submission_id, '') is not null
),

versions as (
    select
        *,
        coalesce(api_instant(record.updated_at), stamped_at) as updated_at,
        newness(coalesce(api_instant(record.updated_at), stamped_at), observed_at, is_answer, 0, body) as newness
    from read
),

merged as (
    select
        submission_id,
        min(account) as account,
        arg_max(uri_id(record.routing_form), newness) as form_id,
        arg_max(record.questions_and_answers, newness) as answers,
        arg_max(record.tracking, newness) as tracking,
        arg_max(record.result, newness) as result,
        arg_max(record.submitter, newness) as submitter,
        min(api_instant(record.created_at)) as created_at,
        max(updated_at) as updated_at,
        max(observed_at) as observed_at,
        routes_of(bool_or(is_answer), false, bool_or(not is_answer)) as routes
    from versions
    group by submission_id
),

forms as (
    select lower(record_id) as form_id, arg_max(said(body ->> '$.name'), newness(updated_at, observed_at, true, 0, body)) as name
    from sources.api_records
    where platform = 'calendly' and kind = 'routing_form'
    group by lower(record_id)
)

select
    merged.submission_id,
    merged.account,
    merged.form_id,
    forms.name as form_name,
    case
        when len(merged.answers) > 0 then to_json(list_transform(
            list_filter(merged.answers, lambda given: given.answer is not null),
            lambda given, nth: {'question': coalesce(given.question, ''), 'answer': given.answer, 'position': nth}
        ))
    end as answers,  -- list of {question, answer, position}
    json_object(
        'campaign', said(merged.tracking.utm_campaign), 'source', said(merged.tracking.utm_source),
        'medium', said(merged.tracking.utm_medium), 'term', said(merged.tracking.utm_term),
        'content', said(merged.tracking.utm_content)
    ) as utm,
    lower(merged.result.type) as result,  -- event_type | external_url | custom_message
    case when lower(merged.result.type) = 'event_type' then uri_id(merged.result.value) end as event_type_id,  -- where the form led to
    case when merged.submitter like '%/invitees/%' then uri_id(merged.submitter) end as invitee_id,  -- who booked after it
    case when merged.submitter like '%/invitees/%' then uri_id(merged.submitter, place := 3) end as event_id,
    merged.created_at,
    merged.updated_at,
    merged.observed_at,
    merged.routes
from merged
left join forms on merged.form_id = forms.form_id
