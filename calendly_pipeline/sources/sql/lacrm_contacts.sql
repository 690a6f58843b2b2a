-- One row per contact and company that LACRM's API ever listed, in the columns of `crm_contacts`. Who is no longer listed
-- is kept with what was said last, to see who took it over. Custom fields stand among the others as text; a field that
-- the account has and the contact does not name is blank.
-- grain: account, contact_key
-- time zone: UTC
-- source of truth: LACRM
with listings as (
    select account, record_id, body
    from sources.api_records
    where platform = 'lacrm' and kind = 'listing'
),

listed as (
    select account, unnest(from_json(body -> 'contact_ids', '["VARCHAR"]')) as contact_key
    from listings
    where record_id = 'contact_ids'
),

-- A pull that found nothing new landed nothing, and still read everybody.
readings as (
    select account, max(started_at) as read_at
    from sources.pulls
    where platform = 'lacrm' and finished_at is not null
    group by account
),

fields as (
    select account, record_id = 'company_fields' as is_company, unnest(lacrm_rows(body)) as field
    from listings
    where record_id in ('contact_fields', 'company_fields')
),

blanks as (
    select account, is_company, json_group_object(field ->> 'Name', '') as cells
    from fields
    where
        field ->> 'Name' is not null
        and coalesce(field ->> 'Type', '') not in ('Section', 'SectionHeader', 'TextBlock')
    group by account, is_company
),

records as (
    select
        account,
        record_id as contact_key,
        observed_at,
        body,
        coalesce(lower(body ->> 'IsCompany') in ('true', '1'), false) as is_company,
        body -> 'Name' as name,
        list_filter(
            map_entries(from_json(body, '"MAP(VARCHAR, JSON)"')),
            lambda cell: cell.key not in (
                'ContactId', 'AssignedTo', 'IsCompany', 'CompanyId', 'Name', 'Email', 'Phone', 'Address', 'Website',
                'Company Name', 'Job Title', 'DateCreated', 'LastUpdate', 'UserMetaData', 'CompanyMetaData'
            )
        ) as others
    from sources.api_records
    where platform = 'lacrm' and kind = 'contact'
),

household_fields as (
    select
        account,
        contact_key,
        list_filter(
            others, lambda cell: lower(trim(cell.key)) in ('household', 'household name', 'household id')
        )[1].value as said
    from records
)

select
    records.account,
    null::varchar as file_id,
    null::integer as line,
    'lacrm' as kind,
    records.contact_key,  -- 31 digits, text
    records.is_company::varchar as is_company,
    case when json_type(records.name) = 'VARCHAR' then records.name ->> '$' else '' end as full_name,
    coalesce(records.name ->> '$.FirstName', '') as first_name,
    coalesce(records.name ->> '$.MiddleName', '') as middle_name,
    coalesce(records.name ->> '$.LastName', '') as last_name,
    coalesce(records.name ->> '$.Suffix', '') as suffix,
    coalesce(
        nullif(trim(records.body ->> 'Company Name'), ''), records.body ->> '$.CompanyMetaData.CompanyName', ''
    ) as company,
    coalesce(records.body ->> 'Job Title', '') as job_title,
    coalesce(
        nullif(trim(concat_ws(
            ' ', records.body ->> '$.UserMetaData.FirstName', records.body ->> '$.UserMetaData.LastName'
        )), ''),
        records.body ->> 'AssignedTo',
        ''
    ) as assigned_user,
    value_text(household_fields.said) as household,  -- of a custom field of that name
    lacrm_texts(records.body -> 'Email') as addresses,  -- all of them
    lacrm_texts(records.body -> 'Phone') as phones,
    json_merge_patch(
        coalesce(blanks.cells, '{}'::json),
        to_json(map(
            list_transform(records.others, lambda cell: cell.key),
            list_transform(records.others, lambda cell: coalesce(value_text(cell.value), ''))
        ))
    ) as fields,  -- name -> text: every other field
    listed.contact_key is not null as is_listed,  -- false: deleted, merged into another, or no longer visible
    records.observed_at,  -- when this version was first said
    greatest(records.observed_at, readings.read_at) as read_at  -- when it was last known to stand so
from records
inner join household_fields
    on records.account = household_fields.account and records.contact_key = household_fields.contact_key
left join listed on records.account = listed.account and records.contact_key = listed.contact_key
left join readings on records.account = readings.account
left join blanks on records.account = blanks.account and records.is_company = blanks.is_company
