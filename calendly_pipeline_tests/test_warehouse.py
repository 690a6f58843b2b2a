"""The warehouse opens safely."""

from calendly_pipeline_tests.conftest import Tables


def test_empty(tables: Tables) -> None:
    """Every model runs on empty inputs."""
    assert tables.rows("select 1 as one") == [{"one": 1}]
