"""Which home a command works on: the firm's, or the sample's as long as the firm's holds nothing."""

from calendly_pipeline import environment
from calendly_pipeline.home import Home


def active_home() -> Home:
    """The firm's home; the sample's as long as nothing was ever dropped."""
    home = environment.current_home()
    sample = home.data / "sample_home"
    return Home(sample) if not is_in_use(home) and sample.exists() else home


def is_in_use(home: Home) -> bool:
    """Whether anything was ever dropped, pulled or delivered."""
    if home.has_data():
        return True
    if not (home.data / "state.db").exists():
        return False
    from calendly_pipeline.sources.deliveries import newest_delivery_id
    from calendly_pipeline.state import State

    state = State(environment.state_url(home))
    try:
        state.upgrade()
        return newest_delivery_id(state) > 0
    finally:
        state.close()
