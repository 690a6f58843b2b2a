-- One row per relationship between two contacts that LACRM's API listed, as it was last said of either of them.
-- grain: account, relationship_id
-- source of truth: LACRM
with said as (
    select
        account,
        record_id as asked_of,
        observed_at,
        unnest(from_json(body -> 'relationships', '["JSON"]')) as relationship
    from sources.api_records
    where platform = 'lacrm' and kind = 'relationships'
),

told as (
    select account, record_id, observed_at
    from sources.api_records
    where platform = 'lacrm' and kind = 'relationships'
),

pairs as (
    select
        account,
        nullif(relationship ->> 'RelationshipId', '') as relationship_id,
        nullif(relationship ->> 'ContactId1', '') as contact_id,
        nullif(relationship ->> 'ContactId2', '') as other_contact_id,
        trim(coalesce(relationship ->> 'Note', '')) as note,
        observed_at
    from said
)

select
    pairs.account,
    pairs.relationship_id,
    arg_max(pairs.contact_id, pairs.observed_at) as contact_id,
    arg_max(pairs.other_contact_id, pairs.observed_at) as other_contact_id,
    arg_max(pairs.note, pairs.observed_at) as note,  -- as typed: spouse, referred by, ...
    max(pairs.observed_at) as observed_at
from pairs
where pairs.relationship_id is not null
    and pairs.contact_id is not null
    and pairs.other_contact_id is not null
    -- Whoever was asked later and did not name it any more is right.
    and not exists (
        select 1 from told
        where told.account = pairs.account
            and told.record_id in (pairs.contact_id, pairs.other_contact_id)
            and told.observed_at > pairs.observed_at
            and not exists (
                select 1 from said
                where said.account = told.account
                    and said.asked_of = told.record_id
                    and (said.relationship ->> 'RelationshipId') = pairs.relationship_id
            )
    )
group by pairs.account, pairs.relationship_id
