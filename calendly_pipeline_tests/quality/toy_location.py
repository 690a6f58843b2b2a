"""The small code location as a module that Dagster's own processes can load."""

from calendly_pipeline_tests.quality.toy import Toy

repository = Toy().repository
