"""What is expected of matches and of the queue: decisions that are ours, and shares of them."""

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

LINKED = ("auto", "confirmed")
UNLINKED = ("review", "rejected", "unmatched", "internal")

SUITES = (
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
                        "A decision is one of our six words, and a contact is named when it is auto or confirmed.",
                        "blocking",
                    ),
                    matching(
                        "tier_is_known",
                        "tier",
                        r"^(?:[TRH][0-9]|hint)$",
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
                    share_of(decision = 'unmatched') as unmatched_rate,
                    share_of(decision = 'review') as review_rate,
                    share_of(case when decision = 'auto' then rule = 'email_exact' end) as by_exact_address_rate,
                    (select share_of(decision = 'internal')
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
