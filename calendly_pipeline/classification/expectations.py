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
                select
                    share_of(rule = 'none') as untyped_rate,
                    share_of(rule = (select mode(rule) from classification.meeting_types)) as greediest_rate
                from classification.meeting_types
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
