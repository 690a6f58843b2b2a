-- Tables of this stage that Python loads.

create table if not exists classification.rules (
    position integer,
    rule varchar,
    meeting_type varchar,
    name_pattern varchar,
    event_type_id varchar,
    event_type_slug varchar,
    platform varchar,
    host varchar,
    min_duration_minutes integer,
    max_duration_minutes integer,
    answer_pattern varchar,
    all_internal boolean
);
