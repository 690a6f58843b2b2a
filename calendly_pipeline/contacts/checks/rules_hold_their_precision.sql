-- No rule falls below the precision that rules.toml asks of it, measured by what people answered about its cases.
-- Silent under 20 answers. Set the rule to review, or to hint, and look at the cases.
-- asset: contacts.rule_records
-- severity: error
-- blocking: false
select rule, answers_count, right_count, precision_rate, precision_floor
from contacts.rule_records
where answers_count >= 20 and precision_rate < precision_floor
