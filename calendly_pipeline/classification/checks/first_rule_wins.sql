-- A meeting's rule fits its name, and no earlier rule fits that asks for a name alone, or for staff alone.
-- asset: classification.meeting_types
-- severity: error
-- blocking: false
with names_alone as (
    select position, rule, name_pattern
    from classification.rules
    where
        name_pattern is not null
        and coalesce(
            event_type_id, event_type_slug, platform, host, min_duration_minutes::varchar, max_duration_minutes::varchar,
            answer_pattern, all_internal::varchar
        ) is null
),

-- A million meetings have a few hundred names: patterns are compared with those.
typed as (
    select types.name, types.rule, types.meeting_type, min(types.meeting_id) as meeting_id, count(*) as meetings_count,
        any_value(rules.position) as position, any_value(rules.name_pattern) as name_pattern,
        any_value(rules.meeting_type) as ruled_type
    from classification.meeting_types as types
    left join classification.rules as rules on types.rule = rules.rule
    group by types.name, types.rule, types.meeting_type
),

clients_there as (
    select distinct attendees.meeting_id
    from meetings.attendees as attendees
    where
        attendees.role in ('invitee', 'guest')
        and (
            split_part(attendees.address, '@', 2) not in (select unnest(from_json($internal_domains, '["VARCHAR"]')))
            or attendees.address in (select plain_address(unnest(from_json($internal_exceptions, '["VARCHAR"]'))))
        )
),

staff_alone as (
    select rule, position
    from classification.rules
    where
        all_internal
        and coalesce(
            name_pattern, event_type_id, event_type_slug, platform, host, answer_pattern, min_duration_minutes::varchar,
            max_duration_minutes::varchar
        ) is null
)

select meeting_id, meetings_count, rule, 'does not fit the name' as problem
from typed
where name_pattern is not null and not regexp_matches(name, name_pattern, 'i')
union all by name
select meeting_id, meetings_count, rule, 'gives another type' as problem
from typed
where meeting_type <> coalesce(ruled_type, 'other')
union all by name
select typed.meeting_id, typed.meetings_count, typed.rule, 'comes after ' || names_alone.rule as problem
from typed
inner join names_alone
    on names_alone.position < coalesce(typed.position, 1 << 30) and regexp_matches(typed.name, names_alone.name_pattern, 'i')
union all by name
select types.meeting_id, 1 as meetings_count, types.rule, 'comes after ' || staff_alone.rule as problem
from classification.meeting_types as types
anti join clients_there on types.meeting_id = clients_there.meeting_id
left join classification.rules as rules on types.rule = rules.rule
inner join staff_alone on staff_alone.position < coalesce(rules.position, 1 << 30)
