"""What is expected of cards: numbers and dates as they can be in an adviser's year."""

from calendly_pipeline.quality.expectations import Batch, Suite, between, not_before, one_of

TYPES = (
    "portfolio_review", "discovery", "onboarding", "planning", "check_in", "service", "internal", "personal", "other"
)  # fmt: skip

SUITES = (
    Suite(
        "metrics.contact_metrics",
        (
            Batch(
                "words",
                """
                select review_status, last_meeting_type, count(*) as contacts_count
                from metrics.contact_metrics
                group by all
                """,
                (
                    one_of(
                        "review_status_is_known",
                        "review_status",
                        ("current", "due", "overdue", "none"),
                        "The card's drop-down knows four words; the CRM refuses any other.",
                        "blocking",
                    ),
                    one_of(
                        "last_meeting_type_is_known",
                        "last_meeting_type",
                        TYPES,
                        "The last meeting's type is one of our nine words.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "numbers",
                """
                select
                    meetings_12m_count,
                    meetings_this_quarter_count,
                    no_show_12m_count + cancellation_12m_count + reschedule_12m_count as misses_12m_count,
                    review_due_on - last_portfolio_review_on as interval_days,
                    first_meeting_on - day_in($as_of, $firm_time_zone) as first_day,
                    last_meeting_on - day_in($as_of, $firm_time_zone) as last_day,
                    next_meeting_on - day_in($as_of, $firm_time_zone) as next_day,
                    count(*) as contacts_count
                from metrics.contact_metrics
                group by all
                """,
                (
                    between(
                        "nobody_meets_daily",
                        "meetings_12m_count",
                        0,
                        120,
                        "Hardly any contact is met more than ten times a month; whoever is, is several or staff.",
                        mostly=0.98,
                    ),
                    not_before(
                        "a_quarter_lies_in_the_year",
                        "meetings_12m_count",
                        "meetings_this_quarter_count",
                        "Whatever counts in this quarter counts in the last twelve months.",
                        "error",
                    ),
                    between(
                        "misses_are_the_exception",
                        "misses_12m_count",
                        0,
                        60,
                        "Hardly anybody misses, cancels or moves more than five times a month.",
                        mostly=0.98,
                    ),
                    between(
                        "dates_lie_in_sane_years",
                        "first_day",
                        -15 * 366,
                        0,
                        "Nobody was met before the tools existed, or in the future.",
                        "error",
                    ),
                    between(
                        "next_meetings_can_be_booked",
                        "next_day",
                        -1,
                        3 * 366,
                        "A next meeting lies ahead, and no further than booking pages reach.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    share_of(meetings_count > 0) as met_rate,
                    share_of(case when meetings_count > 0 then last_host_name is not null end) as hosted_rate,
                    share_of(is_reschedule_escalation) as escalated_rate,
                    share_of(case when meetings_count > 0 then review_status <> 'none' end) as reviewed_rate
                from metrics.contact_metrics
                """,
                (
                    between(
                        "some_contacts_were_met",
                        "met_rate",
                        0.02,
                        1,
                        "Some contacts have a meeting; a firm whose cards are all blank has lost its links.",
                    ),
                    between(
                        "advisers_are_named",
                        "hosted_rate",
                        0.5,
                        1,
                        "Most cards with a meeting name the adviser who held it.",
                    ),
                    between(
                        "escalations_are_rare",
                        "escalated_rate",
                        0,
                        0.2,
                        "Fewer than a fifth of the cards say that somebody moved twice; on everybody it says nothing.",
                    ),
                    between(
                        "reviews_take_place",
                        "reviewed_rate",
                        0.02,
                        1,
                        "Some clients had a portfolio review; without any, the rule for reviews fits nothing.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "metrics.client_timeline",
        (
            Batch(
                "words",
                """
                select
                    event,
                    count(*) as events_count,
                    max(date_diff('day', $as_of::timestamptz, happened_at)) filter (where event in ('held', 'no_show'))
                        as days_ahead
                from metrics.client_timeline
                group by event
                """,
                (
                    one_of(
                        "event_is_known",
                        "event",
                        ("booked", "rescheduled", "cancelled", "held", "no_show"),
                        "The timeline tells five kinds of event.",
                        "error",
                    ),
                    between(
                        "what_happened_lies_behind",
                        "days_ahead",
                        None,
                        0,
                        "Nobody was met or missed in the future.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "moments",
                """
                select share_of(is_moment_known) as known_rate
                from metrics.client_timeline
                """,
                (
                    between(
                        "most_moments_are_known",
                        "known_rate",
                        0.5,
                        1,
                        "Of most events the moment is known; a timeline of guesses has the wrong order.",
                    ),
                ),
            ),
        ),
    ),
)
