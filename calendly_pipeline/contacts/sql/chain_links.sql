-- One row per attendee of a chain of moved bookings in which exactly one contact was found: the invitee who moves a
-- booking is the same person, under whatever address and name. Only moves the booking tool itself reported count.
-- grain: attendee_id
with recursive steps as (
    select attendee_id, to_attendee_id
    from meetings.moves
    where evidence = 'linked'
),

walk as (
    select steps.attendee_id as first_attendee_id, steps.attendee_id, 0 as step
    from steps
    where steps.attendee_id not in (select to_attendee_id from steps)
    union all
    select walk.first_attendee_id, steps.to_attendee_id as attendee_id, walk.step + 1 as step
    from walk
    inner join steps on walk.attendee_id = steps.attendee_id
    where walk.step < 1000
),

verdicts as (
    select walk.first_attendee_id, attendees.attendee_id, attendees.identity_id, verdicts.decision, verdicts.contact_id
    from walk
    inner join contacts.attendee_identities as attendees on walk.attendee_id = attendees.attendee_id
    inner join contacts.identity_verdicts as verdicts on attendees.identity_id = verdicts.identity_id
),

chains as (
    select first_attendee_id, min(contact_id) as contact_id
    from verdicts
    where decision in ('auto', 'confirmed')
    group by first_attendee_id
    having count(distinct contact_id) = 1
)

select
    verdicts.attendee_id,
    verdicts.identity_id,
    chains.contact_id
from verdicts
inner join chains on verdicts.first_attendee_id = chains.first_attendee_id
where verdicts.decision in ('unmatched', 'review')
    and not exists (
        select 1 from contacts.decided_identities as decided
        where decided.identity_id = verdicts.identity_id
    )
    and not exists (
        select 1 from contacts.rejected_pairs as rejected
        where rejected.identity_id = verdicts.identity_id and rejected.contact_id = chains.contact_id
    )
group by verdicts.attendee_id, verdicts.identity_id, chains.contact_id
