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

typed as (
    select types.meeting_id, types.name, types.rule, types.meeting_type, rules.position, rules.name_pattern,
        rules.meeting_type as ruled_type
    from classification.meeting_types as types
    left join classification.rules as rules on types.rule = rules.rule
)

select meeting_id, rule, 'does not fit the name' as problem
from typed
where name_pattern is not null and not regexp_matches(name, name_pattern, 'i')
union all by name
select meeting_id, rule, 'gives another type' as problem
from typed
where meeting_type <> coalesce(ruled_type, 'other')
union all by name
select typed.meeting_id, typed.rule, 'comes after ' || names_alone.rule as problem
from typed
inner join names_alone
    on names_alone.position < coalesce(typed.position, 1 << 30) and regexp_matches(typed.name, names_alone.name_pattern, 'i')
union all by name
select typed.meeting_id, typed.rule, 'comes after ' || rules.rule as problem
from typed
inner join classification.rules as rules
    on rules.all_internal
    and rules.position < coalesce(typed.position, 1 << 30)
    and coalesce(
        rules.name_pattern, rules.event_type_id, rules.event_type_slug, rules.platform, rules.host, rules.answer_pattern,
        rules.min_duration_minutes::varchar, rules.max_duration_minutes::varchar
    ) is null
where typed.meeting_id not in (
    select attendees.meeting_id
    from meetings.attendees as attendees
    where
        attendees.role in ('invitee', 'guest')
        and (
            split_part(attendees.address, '@', 2) not in (
                select unnest(from_json($internal_domains, '["VARCHAR"]'))
            )
            or attendees.address in (select plain_address(unnest(from_json($internal_exceptions, '["VARCHAR"]'))))
        )
)
