-- Every card of the newest CRM export, while no API tells better, is a contact of the CRM's, company or person as the
-- export says, with each of its addresses in the index; and nobody of an address book alone passes for a card.
-- asset: contacts.addresses
-- severity: error
-- blocking: false
with newest as (
    select cards.file_id, cards.line, said(cards.contact_key) as contact_id,
        coalesce(said_true(cards.is_company), false) as is_company,
        list_filter(
            list_transform(from_json(cards.addresses, '["VARCHAR"]'), lambda cell: plain_address(cell)),
            lambda address: contains(address, '@')
        ) as addresses
    from sources.crm_contacts as cards
    inner join sources.files as files on cards.file_id = files.file_id
    where
        said(cards.contact_key) is not null
        and not exists (from sources.lacrm_contacts)
    qualify files.recency = max(files.recency) over (
        partition by cards.kind, coalesce(said_true(cards.is_company), false)
    )
)

select newest.contact_id, 'is no contact as the export says' as problem
from newest
left join contacts.contacts as contacts on newest.contact_id = contacts.contact_id
where contacts.source is distinct from 'crm' or contacts.is_company is distinct from newest.is_company
union all by name
select said.contact_id, 'an address is not in the index' as problem
from (select contact_id, unnest(addresses) as address from newest) as said
anti join contacts.addresses as indexed on said.contact_id = indexed.contact_id and said.address = indexed.address
union all by name
select contacts.contact_id, 'stands in an address book alone' as problem
from contacts.contacts as contacts
where
    contacts.source = 'crm'
    and contacts.file_id in (select file_id from sources.address_books)
    and contacts.file_id not in (select file_id from sources.crm_contacts)
