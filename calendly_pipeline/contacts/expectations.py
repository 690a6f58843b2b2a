"""What is expected of contacts: addresses that are addresses, decisions that are ours, and shares of both."""

from calendly_pipeline.quality.expectations import (
    Batch,
    Suite,
    between,
    distinct,
    matching,
    not_before,
    one_of,
    paired,
    present,
)

ADDRESS = r"^[^@\sA-Z]+@[^@\s]+\.[^@\s.]{2,}$"
DOMAIN_CLASSES = ("internal", "relay", "freemail", "disposable", "typo", "company")
LINKED = ("auto", "confirmed")
UNLINKED = ("review", "rejected", "unmatched", "internal")

SUITES = (
    Suite(
        "contacts.contacts",
        (
            Batch(
                "shares",
                """
                select
                    source,
                    count(*) as contacts_count,
                    case when count(*) filter (where not is_company) >= $smallest_sample
                        then avg((name_normalised is not null)::integer) filter (where not is_company) end as usable_name_rate,
                    case when count(*) >= $smallest_sample then avg(is_company::integer) end as company_rate,
                    case when count(*) >= $smallest_sample then avg(contains(full_name, '@')::integer) end
                        as address_for_name_rate
                from contacts.contacts
                group by source
                """,
                (
                    one_of(
                        "source_is_known",
                        "source",
                        ("crm", "address_book"),
                        "A contact is of the CRM or of an address book; only the former is ever written to.",
                        "blocking",
                    ),
                    between(
                        "people_have_usable_names",
                        "usable_name_rate",
                        0.9,
                        1,
                        "Nine of ten people have a name that can be compared; the rules decide by names.",
                    ),
                    between(
                        "most_contacts_are_people",
                        "company_rate",
                        0,
                        0.8,
                        "A fifth or more of the contacts are people; companies are never matched.",
                    ),
                    between(
                        "names_are_no_addresses",
                        "address_for_name_rate",
                        0,
                        0.05,
                        "Hardly any name is an e-mail address: the columns were not mixed up.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.addresses",
        (
            Batch(
                "outlines",
                """
                select outline(address) as address, outline(canonical_address) as canonical_address, domain_class, source,
                    count(*) as addresses_count
                from contacts.addresses
                group by all
                """,
                (
                    matching(
                        "addresses_look_like_addresses",
                        "address",
                        ADDRESS,
                        "Every address of the index, in outline, is one e-mail address: several in a cell were taken apart.",
                        "error",
                    ),
                    matching(
                        "canonical_addresses_look_like_addresses",
                        "canonical_address",
                        ADDRESS,
                        "So is what the mail provider makes of it.",
                        "error",
                    ),
                    one_of(
                        "domain_class_is_known",
                        "domain_class",
                        DOMAIN_CLASSES,
                        "Rules ask what kind of mail domain it is.",
                        "error",
                    ),
                    one_of(
                        "source_is_known",
                        "source",
                        ("crm", "address_book", "confirmed", "learned"),
                        "An address is said by a card, a book or a person's answer.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    case when count(*) >= $smallest_sample then count(distinct address) / count(*) end as distinct_rate,
                    case when count(*) >= $smallest_sample then avg((domain_class = 'internal')::integer) end as staff_rate
                from contacts.addresses
                """,
                (
                    between(
                        "addresses_name_somebody",
                        "distinct_rate",
                        0.6,
                        1,
                        "Most addresses stand on one card; otherwise they identify nobody, as a firm's own address "
                        "on every card does.",
                    ),
                    between(
                        "clients_are_not_staff",
                        "staff_rate",
                        0,
                        0.3,
                        "Fewer than a third of the addresses are of the firm's own domains; more, and "
                        "firm.internal_domains names a domain of clients, who are then never linked.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.identities",
        (
            Batch(
                "outlines",
                """
                select domain_class, outline(phone) as phone, outline(canonical_address) as canonical_address,
                    count(*) as identities_count
                from contacts.identities
                group by all
                """,
                (
                    one_of(
                        "domain_class_is_known",
                        "domain_class",
                        DOMAIN_CLASSES,
                        "Rules ask what kind of mail domain it is.",
                        "error",
                    ),
                    matching(
                        "phones_are_international",
                        "phone",
                        r"^\+9{7,15}$",
                        "A telephone number, in outline, is in E.164, so that equal numbers are equal texts.",
                        "error",
                    ),
                    matching(
                        "canonical_addresses_look_like_addresses",
                        "canonical_address",
                        ADDRESS,
                        "What the mail provider makes of an address is one e-mail address.",
                    ),
                ),
            ),
            Batch(
                "numbers",
                """
                select epoch(first_seen_on) as first_seen, epoch(last_seen_on) as last_seen, meetings_count,
                    count(*) as identities_count
                from contacts.identities
                group by all
                """,
                (
                    not_before("seen_last_after_first", "last_seen", "first_seen", "Nobody is seen last before first."),
                    between(
                        "nobody_books_without_end",
                        "meetings_count",
                        0,
                        2000,
                        "Nearly nobody has thousands of meetings; whoever has is several people under one address.",
                        mostly=0.99,
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.matches",
        (
            Batch(
                "words",
                """
                select decision, contact_id is not null as is_linked, tier, role, count(*) as attendees_count
                from contacts.matches
                group by all
                """,
                (
                    paired(
                        "decision_says_whether_linked",
                        ("decision", "is_linked"),
                        [*((decision, True) for decision in LINKED), *((decision, False) for decision in UNLINKED)],
                        "A decision is one of our six words, and a contact is named exactly when it is auto or confirmed.",
                        "blocking",
                    ),
                    matching(
                        "tier_is_known",
                        "tier",
                        r"^([TRH][0-9]|hint)$",
                        "A tier is one that rules.toml orders rules by.",
                    ),
                ),
            ),
            Batch(
                "scores",
                """
                select score, expected_strangers, count(*) as attendees_count
                from contacts.matches
                group by all
                """,
                (
                    between("scores_are_ranks", "score", 0, 110, "A score ranks between 0 and 110.", "error"),
                    between(
                        "strangers_are_a_number_of_people",
                        "expected_strangers",
                        0,
                        1e6,
                        "How many strangers bear a name is a number of people, never less than none.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                with invitees as (
                    select distinct on (attendee_id) attendee_id, decision, rule
                    from contacts.matches
                    where role = 'invitee' and decision <> 'internal'
                    order by attendee_id, match_id
                )

                select
                    case when count(*) >= $smallest_sample then avg((decision = 'unmatched')::integer) end as unmatched_rate,
                    case when count(*) >= $smallest_sample then avg((decision = 'review')::integer) end as review_rate,
                    case when count(*) filter (where decision = 'auto') >= $smallest_sample
                        then count(*) filter (where decision = 'auto' and rule = 'email_exact')
                            / count(*) filter (where decision = 'auto') end as by_exact_address_rate,
                    (select case when count(*) >= $smallest_sample then avg((decision = 'internal')::integer) end
                        from contacts.matches where role = 'invitee') as staff_rate
                from invitees
                """,
                (
                    between(
                        "most_invitees_are_matched",
                        "unmatched_rate",
                        0,
                        0.6,
                        "At most three of five invitees are nobody's client; more, and contacts are missing or their "
                        "addresses were not read.",
                    ),
                    between(
                        "few_wait_for_a_person",
                        "review_rate",
                        0,
                        0.3,
                        "At most three of ten invitees wait at the desk; more is no work for people but a broken rule.",
                    ),
                    between(
                        "exact_addresses_carry_the_links",
                        "by_exact_address_rate",
                        0.3,
                        1,
                        "A third or more of the automatic links rest on the exact address; fewer, and the weaker rules "
                        "decide what they were never meant to.",
                    ),
                    between(
                        "most_invitees_are_not_staff",
                        "staff_rate",
                        0,
                        0.8,
                        "A fifth or more of the invitees are not of the firm's own domains.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.review_queue",
        (
            Batch(
                "queue",
                """
                select
                    rank,
                    waiting_count,
                    json_array_length(candidates) as candidates_count,
                    lag(meetings_count * score) over (order by rank) as weight_before,
                    meetings_count * score as weight,
                    case when json_array_length(candidates) > 1
                        then (candidates ->> '$[0].score')::integer >= (candidates ->> '$[1].score')::integer end
                        as is_best_first
                from contacts.review_queue
                """,
                (
                    distinct("ranks_differ", "rank", "No two cases hold one place in the queue.", "error"),
                    not_before(
                        "weighty_cases_come_first",
                        "weight_before",
                        "weight",
                        "Cases with more meetings and better candidates are asked first.",
                    ),
                    one_of(
                        "best_candidate_comes_first",
                        "is_best_first",
                        [True],
                        "The desk shows the best candidate first; who answers in a hurry picks it.",
                        "error",
                    ),
                    between(
                        "candidates_can_be_read",
                        "candidates_count",
                        0,
                        20,
                        "A case offers as many candidates as a person can read.",
                    ),
                    between(
                        "every_case_settles_something",
                        "waiting_count",
                        1,
                        None,
                        "An answer settles one attendance or more; a case that settles none wastes a person's time.",
                        "error",
                    ),
                    present("cases_have_a_place", "rank", "Every case has its place in the queue.", "error"),
                ),
            ),
        ),
    ),
)
