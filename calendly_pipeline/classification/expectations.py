"""What is expected of meeting types: our nine words, and rules that are neither idle nor greedy."""

from calendly_pipeline.quality.expectations import Batch, Suite, between, paired, present

TYPES = ("discovery", "onboarding", "planning", "check_in", "service", "internal", "personal", "other")

SUITES = (
    Suite(
        "classification.meeting_types",
        (
            Batch(
                "words",
                """
                select meeting_type, is_portfolio_review, said(reason) as reason, count(*) as meetings_count
                from classification.meeting_types
                group by all
                """,
                (
                    paired(
                        "types_are_known",
                        ("meeting_type", "is_portfolio_review"),
                        [("portfolio_review", True), *((kind, False) for kind in TYPES)],
                        "A type is one of our nine words, and portfolio_review alone moves the review's due date.",
                        "blocking",
                    ),
                    present(
                        "reasons_are_given", "reason", "Every type comes with the reason that `explain` gives.", "error"
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                with counted as (
                    select meeting_type, rule, count(*) as meetings_count, sum(count(*)) over () as total
                    from classification.meeting_types
                    group by meeting_type, rule
                )

                select
                    case when max(total) >= $smallest_sample
                        then coalesce(sum(meetings_count) filter (where rule = 'none'), 0) / max(total) end as untyped_rate,
                    case when max(total) >= $smallest_sample then max(meetings_count) / max(total) end as greediest_rate
                from counted
                """,
                (
                    between(
                        "most_meetings_have_a_type",
                        "untyped_rate",
                        0,
                        0.3,
                        "At most three of ten meetings fit no rule; more, and event types were renamed.",
                    ),
                    between(
                        "no_rule_takes_everything",
                        "greediest_rate",
                        0,
                        0.9,
                        "No rule takes nine of ten meetings; one that does has a pattern that fits everything.",
                    ),
                ),
            ),
        ),
    ),
)
