-- One row per person or company of what is in force: everybody the CRM's API lists; the newest CRM export that holds
-- people and the newest that holds companies, unless the API was read since; and the newest content under each address
-- book's file name. Says which contact it stands for. A cell that the newest file does not have comes from the newest
-- older file that has it. Of a card that the API lists, the API's word counts, and no other of its fields.
-- grain: source, own_id
-- source of truth: the CRM's API, else its newest export
-- through: contacts.names: said = contacts.names_on_cards: said
-- through: contacts.name_parts: name_normalised = contacts.names: name_normalised
with said_rows as (
    select
        'crm' as source,
        crm_contacts.*,
        -- People and companies may come in files of their own.
        concat_ws('/', crm_contacts.kind, coalesce(said_true(crm_contacts.is_company), false)) as population
    from sources.crm_contacts
    union all by name
    select 'crm' as source, lacrm_contacts.*, null as population
    from sources.lacrm_contacts as lacrm_contacts
    where lacrm_contacts.is_listed
    union all by name
    select 'address_book' as source, address_books.*, files.name as population
    from sources.address_books
    inner join sources.files as files on address_books.file_id = files.file_id
),

newest_files as (
    select said_rows.source, said_rows.population, max(files.recency) as recency
    from (select distinct source, population, file_id from said_rows) as said_rows
    inner join sources.files as files on said_rows.file_id = files.file_id
    group by all
),

-- A key that sees nobody says nothing about who is there.
last_reading as (
    select max(started_at) as read_at
    from sources.pulls
    where
        platform = 'lacrm'
        and finished_at is not null
        and exists (select 1 from sources.lacrm_contacts where is_listed)
),

-- A file in which no row has an address has no column for them.
files_with_addresses as (
    select file_id
    from said_rows
    where contains(addresses::varchar, '@')
    group by file_id
),

keyed as (
    select
        said_rows.*,
        names.name_normalised,
        names.generation,
        case
            when files_with_addresses.file_id is not null or said_rows.is_listed then list_filter(
                list_transform(from_json(said_rows.addresses, '["VARCHAR"]'), lambda cell: plain_address(cell)),
                lambda address: contains(address, '@')
            )
        end as address_list,
        case
            when said_rows.is_listed then 9223372036854775807
            else files.recency::bigint * 100000000 + said_rows.line
        end as newness,
        said_rows.is_listed or (
            files.recency = newest_files.recency
            and not (
                said_rows.source = 'crm'
                and coalesce(least(files.modified_at, files.landed_at) <= last_reading.read_at, false)
            )
        ) as is_in_force
    from said_rows
    cross join last_reading
    left join sources.files as files on said_rows.file_id = files.file_id
    left join newest_files
        on said_rows.source = newest_files.source and said_rows.population is not distinct from newest_files.population
    left join files_with_addresses on said_rows.file_id = files_with_addresses.file_id
    left join contacts.names as names
        on name_of(said_rows.full_name, said_rows.first_name, said_rows.middle_name, said_rows.last_name) = names.said
),

own as (
    select
        *,
        case
            when source = 'crm' and said(contact_key) is not null then said(contact_key)
            else derived_contact_id(
                coalesce(address_list[1], lower(said(full_name)), lower(said(company))),
                coalesce(name_normalised, lower(said(company)))
            )
        end as own_id
    from keyed
),

merged as (
    select
        source,
        own_id,
        bool_or(said(contact_key) is not null) and source = 'crm' as has_crm_id,
        max(said(contact_key)) as contact_key,
        case when not coalesce(bool_or(is_listed), false) then arg_max(file_id, newness) end as file_id,
        case when not coalesce(bool_or(is_listed), false) then arg_max(line, newness) end as line,
        said(arg_max(first_name, newness)) as first_name,
        said(arg_max(last_name, newness)) as last_name,
        said(arg_max(name_of(full_name, first_name, middle_name, last_name), newness)) as person_name,
        arg_max(name_normalised, newness) as name_normalised,
        arg_max(
            coalesce(generation, nullif(regexp_extract(lower(suffix), '^\W*(jr|sr|ii|iii|iv)\b', 1), '')), newness
        ) as generation,
        said(arg_max(company, newness)) as company,
        said(arg_max(job_title, newness)) as job_title,
        coalesce(said_true(arg_max(is_company, newness)), false) as is_company,
        said(arg_max(assigned_user, newness)) as assigned_user,
        said(arg_max(household, newness)) as household,
        arg_max(address_list, newness) as address_list,
        arg_max(phones, newness) as phones,
        case
            when bool_or(is_listed) then arg_max(fields, newness)
            else list_reduce(list(fields order by newness), lambda older, newer: json_merge_patch(older, newer))
        end as fields,
        max(read_at) as read_at
    from own
    group by source, own_id
    having bool_or(is_in_force)
),

entry_addresses as (
    select
        source, own_id, has_crm_id, name_normalised,
        unnest(address_list) as address
    from merged
    where not is_company
),

-- A CRM row without an id is the row with an id that holds the same address and name.
crm_ids as (
    select bare.own_id, min(known.own_id) as contact_id
    from entry_addresses as bare
    inner join entry_addresses as known
        on bare.address = known.address and bare.name_normalised = known.name_normalised
    where bare.source = 'crm' and not bare.has_crm_id and known.has_crm_id
    group by bare.own_id
),

crm_people as (
    select
        entry_addresses.address,
        entry_addresses.name_normalised,
        coalesce(crm_ids.contact_id, entry_addresses.own_id) as contact_id
    from entry_addresses
    left join crm_ids on entry_addresses.own_id = crm_ids.own_id
    where entry_addresses.source = 'crm'
    group by all
),

-- A person of an address book is the CRM contact with the same address whose name agrees best.
agreements as (
    select
        books.own_id,
        crm_people.contact_id,
        name_agreement(
            book_parts, crm_parts,
            rule_set.surname_similarity, rule_set.first_name_similarity, rule_set.joined_letters
        ) as agreement
    from entry_addresses as books
    inner join crm_people on books.address = crm_people.address
    inner join contacts.name_parts as book_parts on books.name_normalised = book_parts.name_normalised
    inner join contacts.name_parts as crm_parts on crm_people.name_normalised = crm_parts.name_normalised
    cross join contacts.rule_set as rule_set
    where books.source = 'address_book'
),

stands_for as (
    select 'crm' as source, own_id, contact_id, 1 as place
    from crm_ids
    union all by name
    select books.source, books.own_id, cards.own_id as contact_id, 1 as place
    from merged as books
    inner join merged as cards on books.contact_key = cards.contact_key
    where books.source = 'address_book' and cards.source = 'crm'
    union all by name
    select 'address_book' as source, own_id, contact_id, 1 + agreement_rank(agreement) as place
    from agreements
    where agreement in ('full', 'near', 'first_only')
),

pointed as (
    select source, own_id, arg_min(contact_id, (place, contact_id)) as contact_id
    from stands_for
    group by source, own_id
)

select
    merged.source,  -- crm | address_book
    merged.own_id,  -- id of this entry alone
    coalesce(pointed.contact_id, merged.own_id) as contact_id,  -- contact it stands for
    merged.has_crm_id,
    merged.file_id,
    merged.line,
    merged.first_name,
    merged.last_name,
    coalesce(case when merged.is_company then merged.company end, merged.person_name, merged.company) as full_name,
    case when not merged.is_company then merged.name_normalised end as name_normalised,
    case when not merged.is_company then merged.generation end as generation,
    merged.company,
    merged.job_title,
    merged.is_company,
    merged.assigned_user,
    merged.household,
    list_sort(list_distinct(merged.address_list)) as addresses,  -- lower case, no blanks
    from_json(merged.phones, '["VARCHAR"]') as phones,  -- as said
    merged.fields,  -- header -> cell: every other column of the file, every other field of the API
    merged.read_at  -- when the CRM's API was last known to say so; null: a file says it
from merged
left join pointed on merged.source = pointed.source and merged.own_id = pointed.own_id
