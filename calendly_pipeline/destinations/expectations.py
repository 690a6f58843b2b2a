"""What is expected of a plan before anybody sends it: words, sizes, and no flood of blanks."""

from calendly_pipeline.quality.expectations import Batch, Suite, between, matching, one_of, paired

SUITES = (
    Suite(
        "destinations.plan",
        (
            Batch(
                "words",
                """
                select
                    operation,
                    said(reason) is not null as is_explained,
                    coalesce(array_length(json_keys(payload)), 0) > 0 as has_fields,
                    count(*) as records_count
                from destinations.plan
                group by all
                """,
                (
                    one_of(
                        "operation_is_known",
                        "operation",
                        ("create", "update", "skip", "blocked"),
                        "A plan creates, updates, skips or is blocked; nothing else is ever sent.",
                        "blocking",
                    ),
                    paired(
                        "only_writes_have_fields",
                        ("operation", "has_fields"),
                        [("create", True), ("update", True), ("skip", False), ("blocked", False), ("blocked", True)],
                        "A record that is skipped carries nothing, and one that is written carries something.",
                        "blocking",
                    ),
                    one_of(
                        "reasons_are_given", "is_explained", [True], "Every record says why it is planned so.", "error"
                    ),
                ),
            ),
            Batch(
                "values",
                """
                select distinct
                    length(planned.value) as length,
                    case when regexp_matches(planned.value, '<|^[{\\[]') then 'markup' else 'plain' end
                        as kind
                from (
                    select unnest(map_entries(from_json(payload, '"MAP(VARCHAR, VARCHAR)"'))) as planned
                    from destinations.plan
                )
                where planned.value is not null
                """,
                (
                    between("values_fit_a_card", "length", 1, 200, "A value fits a field of a card."),
                    one_of("values_are_plain_text", "kind", ["plain"], "No value holds markup or raw JSON.", "error"),
                ),
            ),
            Batch(
                "shares",
                """
                with fields as (
                    select planned.value is null and held.value is not null as is_blanked
                    from (
                        select destination, record_key,
                            unnest(map_entries(from_json(payload, '"MAP(VARCHAR, VARCHAR)"'))) as planned,
                            from_json(before, '"MAP(VARCHAR, VARCHAR)"') as before
                        from destinations.plan
                        where operation = 'update'
                    ),
                    lateral (select before[planned.key] as value) as held
                )

                select
                    share_of(is_blanked) as blanked_rate,
                    (select share_of(operation = 'blocked')
                        from destinations.plan) as blocked_rate
                from fields
                """,
                (
                    between(
                        "blanks_are_the_exception",
                        "blanked_rate",
                        0,
                        0.2,
                        "At most a fifth of the planned values empties a field that holds something; "
                        "more, and meetings went missing, not clients.",
                        "error",
                    ),
                    between(
                        "most_cards_can_be_planned",
                        "blocked_rate",
                        0,
                        0.5,
                        "At most half of the records wait for their present values to be read.",
                    ),
                ),
            ),
            Batch(
                "keys",
                "select distinct outline(record_key) as record_key from destinations.plan where destination = 'lacrm'",
                (
                    matching(
                        "keys_are_the_crms",
                        "record_key",
                        r"^(?:9+|aaa:[a9]+)$",
                        "A record is named by the CRM's own id, whole: one in a spreadsheet's 1.2E+30 reaches nobody.",
                        "error",
                    ),
                ),
            ),
        ),
    ),
)
