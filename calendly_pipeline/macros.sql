-- Expressions that several models share. Loaded into every warehouse connection as temporary macros.

-- Text of a cell, or null when it is blank.
create or replace temp macro said(cell) as nullif(trim(cell), '');

-- A true or false said in any of the spellings exports use; null when it is none of them.
create or replace temp macro said_true(cell) as
    case
        when lower(trim(cell)) in ('true', 'yes', 'y', '1', 't') then true
        when lower(trim(cell)) in ('false', 'no', 'n', '0', 'f', '') then false
    end;

-- A zone-less local time of an export: 12 h or 24 h clock, with or without seconds.
create or replace temp macro local_time(cell) as
    try_strptime(
        upper(trim(cell)),
        ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%dT%H:%M:%S']
    );

-- RFC 5545's reading of a local time: the first instant of a repeated hour; an hour that does not exist is moved
-- forward by the gap. DuckDB's own conversion takes the second instant, hence the look back.
create or replace temp macro utc_of(wall_clock, zone) as
    case
        when timezone(zone, timezone(zone, wall_clock) - interval 1 hour) = wall_clock
            then timezone(zone, wall_clock) - interval 1 hour
        when timezone(zone, timezone(zone, wall_clock) - interval 30 minute) = wall_clock
            then timezone(zone, wall_clock) - interval 30 minute
        else timezone(zone, wall_clock)
    end;

create or replace temp macro is_repeated_hour(wall_clock, zone) as
    timezone(zone, timezone(zone, wall_clock) - interval 1 hour) = wall_clock
    or timezone(zone, timezone(zone, wall_clock) - interval 30 minute) = wall_clock;

create or replace temp macro is_skipped_hour(wall_clock, zone) as
    timezone(zone, timezone(zone, wall_clock)) <> wall_clock;

-- Day of an instant in a zone.
create or replace temp macro day_in(instant, zone) as timezone(zone, instant)::date;

-- A short stable key of several values; null counts as blank.
create or replace temp macro key_of(parts) as
    md5(array_to_string(list_transform(parts, lambda part: coalesce(part, '')), chr(31)));

-- An identity's id as pages, sheets and keys have it.
create or replace temp macro identity_text(identity_id) as replace(identity_id::varchar, '-', '');

-- An address as compared: outer and inner blanks and a final dot off, lower case.
create or replace temp macro plain_address(address) as
    nullif(rtrim(lower(regexp_replace(address, '\s+', '', 'g')), '.'), '');

-- An instant written as ISO 8601 with an offset or Z, or as JavaScript writes a Date.
create or replace temp macro utc_instant(cell) as
    coalesce(
        try_cast(case when regexp_matches(trim(cell), '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$') then trim(cell) end as timestamptz),
        try_strptime(
            regexp_replace(trim(cell), '\s*\(.*\)$', ''), '%a %b %d %Y %H:%M:%S GMT%z'
        )::timestamptz
    );

-- What kind of place a location text names.
create or replace temp macro location_kind(place) as
    case
        when place is null then null
        when regexp_matches(lower(place), 'zoom') then 'zoom'
        when regexp_matches(lower(place), 'google(\s|:)*meet|meet\.google') then 'google_conference'
        when regexp_matches(lower(place), 'teams') then 'microsoft_teams_conference'
        when regexp_matches(lower(place), 'webex') then 'webex_conference'
        when regexp_matches(lower(place), 'integrations:|https?://') then 'video'
        when regexp_matches(place, '^[+()0-9 .-]{7,}$') then 'phone'
        else 'physical'
    end;

-- A list of {question, answer, position} as an object question -> answer; a question asked twice keeps its position.
create or replace temp macro answers_by_question(answers) as
    case
        when json_array_length(answers) > 0 then to_json(map_from_entries(list_transform(
            from_json(answers, '[{"question": "VARCHAR", "answer": "VARCHAR", "position": "INTEGER"}]'),
            lambda said, nth: struct_pack(
                k := case
                    when len(list_filter(
                        from_json(answers, '[{"question": "VARCHAR"}]'), lambda other: other.question = said.question
                    )) > 1 then concat(said.question, ' (', nth, ')')
                    else coalesce(said.question, '')
                end,
                v := said.answer
            )
        )))
    end;

-- Addresses and names

-- The part of a local part before its `+tag`; a plus in first place is no tag.
create or replace temp macro without_tag(local_part) as
    case when strpos(local_part, '+') > 1 then left(local_part, strpos(local_part, '+') - 1) else local_part end;

-- Providers that deliver one mailbox under several domains.
create or replace temp macro home_domain(domain) as
    case domain
        when 'googlemail.com' then 'gmail.com'
        when 'me.com' then 'icloud.com'
        when 'mac.com' then 'icloud.com'
        when 'pm.me' then 'proton.me'
        when 'protonmail.com' then 'proton.me'
        when 'ya.ru' then 'yandex.ru'
        when 'yandex.com' then 'yandex.ru'
        else domain
    end;

-- A plain address as its provider reads it: tag off (a relay's tag is the mailbox), dots off at Gmail only.
create or replace temp macro canonical_address(plain, is_relay) as
    case
        when plain not like '%@%' or plain like '%@%@%' or is_relay then plain
        when home_domain(split_part(plain, '@', 2)) = 'gmail.com'
            then coalesce(nullif(replace(without_tag(split_part(plain, '@', 1)), '.', ''), ''), split_part(plain, '@', 1))
                || '@gmail.com'
        else without_tag(split_part(plain, '@', 1)) || '@' || home_domain(split_part(plain, '@', 2))
    end;

-- A company's name as compared: punctuation and legal forms off.
create or replace temp macro plain_company(said_name) as
    nullif(
        trim(
            regexp_replace(
                regexp_replace(lower(strip_accents(said_name)), '[^\p{L}\p{N}]+', ' ', 'g'),
                '(\s+(inc|incorporated|llc|llp|lp|ltd|limited|plc|corp|corporation|co|company|gmbh|ag|kg|sa|sarl|bv|nv|pty|pllc|pc))+\s*$',
                ''
            )
        ),
        ''
    );

-- Whether two first names can be one person's: nickname, initial, or nearly the same letters (Latin script only).
create or replace temp macro first_names_near(a, b, first_name_similarity) as
    list_has_any(a.forms, b.firsts)
    or (least(length(a.first_token), length(b.first_token)) = 1 and left(a.first_token, 1) = left(b.first_token, 1))
    or (
        a.is_latin and b.is_latin
        and jaro_winkler_similarity(a.first_token, b.first_token) >= first_name_similarity
    );

-- Whether two surnames can be one person's: equal, inside a double name, or nearly the same letters.
create or replace temp macro surnames_near(a, b, surname_similarity) as
    a.last_token = b.last_token
    or list_contains(a.surnames, b.last_token)
    or list_contains(b.surnames, a.last_token)
    or (
        a.is_latin and b.is_latin
        and jaro_winkler_similarity(a.last_token, b.last_token) >= surname_similarity
    );

-- How well two names agree, both given as rows of contacts.name_parts:
-- full near first_only none first_same last_same first_diff conflict.
create or replace temp macro name_agreement(a, b, surname_similarity, first_name_similarity, joined_letters) as
    case
        when a.name_normalised is null or b.name_normalised is null then 'none'
        when a.last_token is not null and a.name_normalised = b.name_normalised then 'full'
        when a.joined = b.joined and (length(a.joined) >= joined_letters or not a.is_latin) then 'full'
        when a.last_token is not null and b.last_token is not null then
            case
                when a.last_token = b.last_token and list_has_any(a.firsts, b.firsts) then 'full'
                when a.first_token = b.last_token and a.last_token = b.first_token then 'full'
                when list_has_any(a.firsts, b.firsts) then
                    case when surnames_near(a, b, surname_similarity) then 'near' else 'first_same' end
                when first_names_near(a, b, first_name_similarity) then
                    case
                        when surnames_near(a, b, surname_similarity) then 'near'
                        when list_has_any(a.forms, b.firsts) then 'first_same'
                        else 'conflict'
                    end
                when surnames_near(a, b, surname_similarity) then 'last_same'
                else 'conflict'
            end
        -- One side is a single word from here on.
        when length(a.joined) = 1 or length(b.joined) = 1 then 'none'
        when list_has_any(a.firsts, b.firsts) or first_names_near(a, b, first_name_similarity) then 'first_only'
        when a.first_token = b.last_token or a.last_token = b.first_token then 'none'
        else 'first_diff'
    end;

-- A person's name on a card: the parts when there are any, else the whole.
create or replace temp macro name_of(full_name, first_name, middle_name, last_name) as
    case
        when said(first_name) is not null and said(last_name) is not null
            then concat_ws(' ', said(first_name), said(middle_name), said(last_name))
        else coalesce(said(full_name), said(concat_ws(' ', said(first_name), said(last_name))))
    end;

-- Key of a contact that came without an id: its first address (else its name) and its normalised name.
create or replace temp macro derived_contact_id(first_address_or_name, name_normalised) as
    'csv:' || key_of([first_address_or_name, name_normalised]);

-- Order of name agreements, best first. Up to 3 the name speaks for the contact, from 6 on against it.
create or replace temp macro agreement_rank(agreement) as
    list_position(
        ['full', 'near', 'first_only', 'none', 'first_same', 'last_same', 'first_diff', 'conflict'], agreement
    );

-- A rule's sentence with the values put in.
create or replace temp macro explained(template, name, address, contact, contact_address, people_count) as
    replace(replace(replace(replace(replace(
        template,
        '{name}', coalesce(name, '(not given)')),
        '{address}', coalesce(address, '(no address)')),
        '{contact}', coalesce(contact, 'somebody without a name')),
        '{contact_address}', coalesce(contact_address, 'an address')),
        '{count}', coalesce(people_count, 0)::varchar
    );

-- Records of APIs and webhooks

-- Rows of a LACRM answer: bare, below Results as a list or as an object by id, or one record alone.
create or replace temp macro lacrm_rows(body) as
    case
        when json_type(body) = 'ARRAY' then from_json(body, '["JSON"]')
        when json_type(body -> 'Results') = 'ARRAY' then from_json(body -> 'Results', '["JSON"]')
        when json_type(body -> 'Results') = 'OBJECT' then map_values(from_json(body -> 'Results', '"MAP(VARCHAR, JSON)"'))
        when body ->> 'ContactId' is not null then [body]
        else []::json[]
    end;

-- Texts of a LACRM list such as Email: objects with Text, bare texts, or one of either alone; as a JSON list.
create or replace temp macro lacrm_texts(cell) as
    to_json(list_filter(
        list_transform(
            case json_type(cell) when 'ARRAY' then from_json(cell, '["JSON"]') when 'NULL' then [] else [cell] end,
            lambda entry: trim(coalesce(
                case when json_type(entry) = 'OBJECT' then entry ->> 'Text' else entry ->> '$' end, ''
            ))
        ),
        lambda text: text <> ''
    ));

-- The id at the end of a URI; `place` counts parts from the end.
create or replace temp macro uri_id(uri, place := 1) as nullif(lower(split_part(rtrim(uri, '/'), '/', -place)), '');

-- An instant as an API writes it. Text without a zone is UTC; what cannot be a time of a booking is no time.
create or replace temp macro api_instant(cell) as
    case
        when length(cell) between 16 and 40
            and try_cast(cell as timestamptz) between timestamptz '1990-01-01 00:00:00+00' and timestamptz '2200-01-01 00:00:00+00'
            then try_cast(cell as timestamptz)
    end;

-- An address as compared, or null when the text cannot be one: a list, an object, no @.
create or replace temp macro address_said(cell) as
    case when regexp_matches(plain_address(cell), '^[^@\[\]{}"<>]+@[^@\[\]{}"<>]+$') then plain_address(cell) end;

-- A place without what opens it: the query of a link may hold a meeting's password.
create or replace temp macro without_secrets(place) as
    regexp_replace(place, '(https?://[^\s?#]+)[?#]\S*', '\1', 'gi');

-- A record as said, without what lets whoever reads it act: links that cancel or move a booking, and queries of links.
create or replace temp macro without_bearer_links(record) as
    regexp_replace(
        regexp_replace(record::varchar, '("(?:cancel|reschedule)_?url"\s*:\s*")[^"]*', '\1', 'gi'),
        '(https?:(?:\\?/){2}(?:[^\s?#"\\]|\\/)+)[?#](?:[^\s"\\]|\\/)*', '\1', 'gi'
    );

-- A time as a number for ordering; none is the oldest.
create or replace temp macro age_key(instant) as
    case
        when instant is null then 0
        else epoch_us(least(greatest(instant, timestamptz '1970-01-01 00:00:00+00'), timestamptz '2200-01-01 00:00:00+00'))
    end::hugeint;

-- How new an answer's version of a record is: the vendor's time of change, never later than it was said; where the
-- vendor gives none, when it was said. A subscription stands as long as the newest list has it, so of it the last answer
-- counts.
create or replace temp macro known_at(kind, changed_at, observed_at) as
    case when kind = 'webhook_subscription' then observed_at else least(coalesce(changed_at, observed_at), observed_at) end;

-- How new a version of a record is, as one number: by the time it changed, then by the time somebody saw it so. At a
-- tie the API's answer outranks a delivery, then `rank` decides (0 to 15), then the body; never the order of arrival.
create or replace temp macro newness(changed_at, observed_at, is_answer, rank, body) as
    age_key(changed_at) * 18889465931478580854784::hugeint + age_key(observed_at) * 2097152::hugeint
    + (case when is_answer then 1048576 else 0 end + rank * 65536 + coalesce(hash(body::varchar) % 65536, 0)::integer)::hugeint;

-- The routes that know a record, sorted.
create or replace temp macro routes_of(is_by_api, is_by_csv, is_by_webhook) as
    list_filter(
        [
            case when is_by_api then 'api' end,
            case when is_by_csv then 'csv' end,
            case when is_by_webhook then 'webhook' end
        ],
        lambda route: route is not null
    );

-- Deliveries that tell of an invitee.
create or replace temp macro is_invitee_delivery(kind) as
    kind in ('invitee.created', 'invitee.canceled', 'invitee_no_show.created', 'invitee_no_show.deleted');

-- Deliveries that tell of a Cal.com booking.
create or replace temp macro is_booking_delivery(kind) as
    kind in (
        'BOOKING_CREATED', 'BOOKING_REQUESTED', 'BOOKING_RESCHEDULED', 'BOOKING_CANCELLED', 'BOOKING_REJECTED',
        'BOOKING_PAID', 'BOOKING_PAYMENT_INITIATED', 'BOOKING_NO_SHOW_UPDATED', 'MEETING_STARTED', 'MEETING_ENDED'
    );

-- The value of a Cal.com form field: the API writes it plain, webhooks as {label, value}.
create or replace temp macro field_value(field) as
    case when json_type(field) = 'OBJECT' and json_exists(field, '$.value') then field -> '$.value' else field end;

-- A value of a form as text; several choices are joined.
create or replace temp macro value_text(field) as
    case json_type(field)
        when 'ARRAY' then nullif(array_to_string(from_json(field, '["VARCHAR"]'), ', '), '')
        else nullif(trim(field ->> '$'), '')
    end;

-- Cal.com's form fields (slug -> field) as a list of {question, answer, position}, without those that are no answers.
create or replace temp macro form_answers(fields) as
    list_transform(
        list_filter(
            list_transform(map_entries(fields), lambda field: struct_pack(
                slug := field.key,
                question := coalesce(nullif(trim(field.value ->> '$.label'), ''), field.key),
                answer := value_text(field_value(field.value))
            )),
            lambda field: field.answer is not null and field.slug not in (
                'name', 'email', 'displayEmail', 'guests', 'displayGuests', 'location', 'title', 'attendeePhoneNumber',
                'smsReminderNumber', 'rescheduleReason'
            )
        ),
        lambda field, nth: {'question': field.question, 'answer': field.answer, 'position': nth}
    );

-- Searching for people whom no address leads to

-- Keys that two local parts of one domain share exactly when they differ by one edit at most: each with every single
-- letter left out, and whole.
create or replace temp macro slip_keys(local_part, domain) as
    list_distinct(list_transform(
        range(0, length(local_part) + 1),
        lambda place: hash(domain, case
            when place = 0 then local_part
            else left(local_part, place - 1) || substr(local_part, place + 1)
        end)
    ));

-- What a local part has beyond a name: letters and digits left over when surname, first name or its initial are out.
create or replace temp macro beyond_name(local_part, first_token, last_token) as
    regexp_replace(
        replace(
            replace(regexp_replace(local_part, '[^\p{L}\p{N}]', '', 'g'), coalesce(last_token, ' '), ' '),
            coalesce(first_token, ' '), ' '
        ),
        '^' || coalesce(nullif(left(regexp_replace(first_token, '[^a-z]', '', 'g'), 1), ''), ' ') || '(\s|$)|\s',
        '', 'g'
    );

-- A number of strangers for a sentence.
create or replace temp macro strangers_said(strangers) as
    case
        when strangers is null then 'an unknown number of'
        when strangers < 0.001 then 'less than 0.001'
        when strangers < 10 then format('{:.2g}', strangers)
        else format('{:.0f}', strangers)
    end;

-- Text cut to so many bytes at a whole character; one that fits stays as it is.
create or replace temp macro cut_to_bytes(value, most) as
    list_filter(
        list_transform([most, most * 3 // 4, most // 2, most * 3 // 8, most // 4], lambda size: left(value, size)),
        lambda piece: strlen(piece) <= most
    )[1];


-- What a text looks like without saying it: a letter is `a`, a digit `9`, everything else stays.
create or replace temp macro outline(said) as
    regexp_replace(regexp_replace(said, '\p{L}', 'a', 'g'), '[0-9]', '9', 'g');

-- Share of the rows for which a condition holds, of those where it is known; null when they are fewer than thirty and a
-- share would say nothing.
create or replace temp macro share_of(condition) as
    case when count(condition) >= 30 then avg(condition::integer) end;
