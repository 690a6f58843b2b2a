-- One row per meeting: what kind of meeting it was, by which rule and why.
-- The first rule whose every condition holds wins; a meeting that no rule knows is `other`. Rules look at the event type's
-- name; where no file tells it, at the booking's title without the names of those who meet.
-- grain: meeting_id
-- source of truth: classification.rules in pipeline.toml, else the shipped rules
with staff_domains as (
    select from_json($internal_domains, '["VARCHAR"]') as domains
),

exceptions as (
    select list_transform(from_json($internal_exceptions, '["VARCHAR"]'), lambda one: plain_address(one)) as addresses
),

invited as (
    select
        attendees.meeting_id,
        bool_and(coalesce(
            list_contains(staff_domains.domains, split_part(attendees.address, '@', 2))
            and not list_contains(exceptions.addresses, attendees.address),
            false
        )) as is_all_internal
    from meetings.attendees as attendees
    cross join staff_domains
    cross join exceptions
    where attendees.role in ('invitee', 'guest')
    group by attendees.meeting_id
),

-- A client called Doctor, or an adviser called Service, must not decide what the meeting was.
untyped_names as (
    select
        meetings.meeting_id,
        list_reduce(
            list_distinct(list_concat(
                list(attendees.name order by attendees.name) filter (where said(attendees.name) is not null),
                list(meetings.host_name) filter (where said(meetings.host_name) is not null)
            )),
            lambda title, person: replace(title, concat(' ', trim(person), ' '), ' … '),
            concat(' ', any_value(meetings.title), ' ')
        ) as title
    from meetings.meetings as meetings
    left join meetings.attendees as attendees on meetings.meeting_id = attendees.meeting_id
    where meetings.event_type_name is null and meetings.title is not null
    group by meetings.meeting_id
),

-- Rules look at kinds of booking, of which there are few, not at bookings.
kinds as (
    select
        trim(coalesce(meetings.event_type_name, untyped_names.title, meetings.title, '')) as name,
        meetings.event_type_id,
        meetings.event_type_slug,
        meetings.platform,
        meetings.host_email,
        meetings.duration_minutes,
        coalesce(invited.is_all_internal, false) as is_all_internal,
        list(meetings.meeting_id) as meeting_ids,
        min(meetings.meeting_id) as kind_id
    from meetings.meetings as meetings
    left join invited on meetings.meeting_id = invited.meeting_id
    left join untyped_names on meetings.meeting_id = untyped_names.meeting_id
    group by all
),

name_hits as (
    select
        names.name,
        rules.position,
        regexp_extract(names.name, rules.name_pattern, 0, 'i') as hit
    from (select distinct name from kinds) as names
    inner join classification.rules as rules
        on rules.name_pattern is null or regexp_matches(names.name, rules.name_pattern, 'i')
),

-- Every rule that a kind of booking fits, answers left open.
fitting as (
    select kinds.kind_id, kinds.name, name_hits.hit, rules.*
    from kinds
    inner join name_hits on kinds.name = name_hits.name
    inner join classification.rules as rules on name_hits.position = rules.position
    where
        (rules.event_type_id is null or rules.event_type_id = kinds.event_type_id)
        and (rules.event_type_slug is null or rules.event_type_slug = kinds.event_type_slug)
        and (rules.platform is null or rules.platform = kinds.platform)
        and (rules.host is null or rules.host = kinds.host_email)
        and (rules.min_duration_minutes is null or rules.min_duration_minutes <= kinds.duration_minutes)
        and (rules.max_duration_minutes is null or rules.max_duration_minutes >= kinds.duration_minutes)
        and (rules.all_internal is null or rules.all_internal = kinds.is_all_internal)
),

first_fitting as (
    select kind_id, min(position) as position
    from fitting
    where answer_pattern is null
    group by kind_id
),

members as (
    select kind_id, name, unnest(meeting_ids) as meeting_id
    from kinds
),

-- Only rules that would come before the one without a look at the answers.
answer_hits as (
    select
        members.meeting_id,
        min(fitting.position) as position,
        arg_min(answers.hit, (fitting.position, answers.hit)) as hit
    from fitting
    left join first_fitting on fitting.kind_id = first_fitting.kind_id
    inner join members on fitting.kind_id = members.kind_id
    inner join meetings.attendees as attendees on members.meeting_id = attendees.meeting_id
    cross join lateral (
        select regexp_extract(said.answer, fitting.answer_pattern, 0, 'i') as hit
        from (select unnest(attendees.answers ->> '$.*') as answer) as said
        where regexp_matches(said.answer, fitting.answer_pattern, 'i')
    ) as answers
    where
        fitting.answer_pattern is not null
        and (first_fitting.position is null or fitting.position < first_fitting.position)
    group by members.meeting_id
)

select
    members.meeting_id,
    coalesce(fitting.meeting_type, 'other') as meeting_type,
    coalesce(fitting.meeting_type = 'portfolio_review', false) as is_portfolio_review,
    coalesce(fitting.rule, 'none') as rule,  -- none: no rule knows it
    case
        when fitting.rule is null and members.name = '' then 'no rule knows a meeting without a name'
        when fitting.rule is null then concat('no rule knows “', members.name, '”')
        else coalesce(nullif(concat_ws(
            '; ',
            case
                when fitting.hit <> '' and fitting.hit <> members.name
                    then concat('“', members.name, '” has “', fitting.hit, '” in it')
                when fitting.name_pattern is not null then concat('it is called “', members.name, '”')
            end,
            'its event type has the id ' || fitting.event_type_id,
            'its event type has the slug ' || fitting.event_type_slug,
            'it was booked with ' || fitting.platform,
            'its host is ' || fitting.host,
            'it lasts no less than ' || fitting.min_duration_minutes || ' minutes',
            'it lasts no more than ' || fitting.max_duration_minutes || ' minutes',
            'an answer has “' || answer_hits.hit || '” in it',
            case
                when fitting.all_internal then 'everybody invited is staff'
                when not fitting.all_internal then 'somebody invited is not staff'
            end
        ), ''), concat('the rule holds for every meeting, also for “', members.name, '”'))
    end as reason,  -- in words, with the value that decided
    members.name as name  -- what the rules looked at
from members
left join first_fitting on members.kind_id = first_fitting.kind_id
left join answer_hits on members.meeting_id = answer_hits.meeting_id
left join fitting
    on members.kind_id = fitting.kind_id
    and coalesce(answer_hits.position, first_fitting.position) = fitting.position
