-- One row per meeting: what kind of meeting it was, by which rule and why.
-- The first rule whose every condition holds wins; a meeting that no rule knows is `other`.
-- grain: meeting_id
-- source of truth: classification.rules in pipeline.toml, else the shipped rules
with internal_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
),

people as (
    select
        attendees.meeting_id,
        bool_and(internal_domains.domain is not null) as is_all_internal,
        string_agg(attendees.answers ->> '$.*', chr(10)) as answers
    from (
        select meeting_id, address, case when exists (select 1 from classification.rules where answer_pattern is not null)
            then answers end as answers
        from meetings.attendees
        where role in ('invitee', 'guest')
    ) as attendees
    left join internal_domains on split_part(attendees.address, '@', 2) = internal_domains.domain
    group by attendees.meeting_id
),

described as (
    select
        meetings.meeting_id,
        coalesce(meetings.event_type_name, meetings.title, '') as name,
        meetings.event_type_id,
        meetings.event_type_slug,
        meetings.platform,
        meetings.host_email,
        meetings.duration_minutes,
        coalesce(people.is_all_internal, false) as is_all_internal,
        people.answers
    from meetings.meetings as meetings
    left join people on meetings.meeting_id = people.meeting_id
),

-- Rules look at kinds of booking, of which there are few, not at bookings.
kinds as (
    select
        name, event_type_id, event_type_slug, platform, host_email, duration_minutes, is_all_internal, answers,
        row_number() over () as kind_id
    from (
        select distinct
            name, event_type_id, event_type_slug, platform, host_email, duration_minutes, is_all_internal, answers
        from described
    )
),

fitting as (
    select kinds.kind_id, rules.position, rules.rule, rules.meeting_type, rules.name_pattern, rules.answer_pattern
    from kinds
    inner join classification.rules as rules
        on (rules.name_pattern is null or regexp_matches(kinds.name, rules.name_pattern, 'i'))
        and (rules.event_type_id is null or rules.event_type_id = kinds.event_type_id)
        and (rules.event_type_slug is null or rules.event_type_slug = kinds.event_type_slug)
        and (rules.platform is null or rules.platform = kinds.platform)
        and (rules.host is null or rules.host = kinds.host_email)
        and (rules.min_duration_minutes is null or kinds.duration_minutes >= rules.min_duration_minutes)
        and (rules.max_duration_minutes is null or kinds.duration_minutes <= rules.max_duration_minutes)
        and (rules.answer_pattern is null or regexp_matches(coalesce(kinds.answers, ''), rules.answer_pattern, 'i'))
        and (rules.all_internal is null or rules.all_internal = kinds.is_all_internal)
    qualify row_number() over (partition by kinds.kind_id order by rules.position) = 1
)

select
    described.meeting_id,
    coalesce(fitting.meeting_type, 'other') as meeting_type,
    coalesce(fitting.meeting_type = 'portfolio_review', false) as is_portfolio_review,
    coalesce(fitting.rule, 'none') as rule,
    case
        when fitting.rule is null then concat('no rule knows “', described.name, '”')
        when fitting.name_pattern is not null then concat('“', described.name, '” fits the rule''s pattern')
        when fitting.answer_pattern is not null then 'an answer fits the rule''s pattern'
        when described.is_all_internal then 'everybody invited is staff'
        else concat('“', described.name, '” fits the rule''s conditions')
    end as reason
from described
inner join kinds
    on described.name = kinds.name
    and described.event_type_id is not distinct from kinds.event_type_id
    and described.event_type_slug is not distinct from kinds.event_type_slug
    and described.platform = kinds.platform
    and described.host_email is not distinct from kinds.host_email
    and described.duration_minutes = kinds.duration_minutes
    and described.is_all_internal = kinds.is_all_internal
    and described.answers is not distinct from kinds.answers
left join fitting on kinds.kind_id = fitting.kind_id
