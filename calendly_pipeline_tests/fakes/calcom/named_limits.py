"""Several named limits on one key of Cal.com: a request passes unless all of them are used up (read in its code)."""

from collections.abc import Sequence

from calendly_pipeline_tests.fakes.limits import Headers, Limit, Taken


class TakenEach(Taken):
    """What every one of the limits said; as a whole it is the most generous of them."""

    each: tuple[Taken, ...] = ()


class NamedLimits(Limit):
    """Limits that are counted together, each told in headers of its own."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        super().__init__(max(limit.per_window for limit in limits))
        self.limits = tuple(limits)

    def take(self, key: str) -> TakenEach:
        """Count one request against each."""
        each = tuple(limit.take(key) for limit in self.limits)
        whole = TakenEach(*max(each, key=lambda taken: (taken.allowed, taken.remaining)))
        whole.each = each
        self.served += whole.allowed
        self.refused += not whole.allowed
        return whole

    def headers(self, taken: Taken) -> Headers:
        """Three headers per limit."""
        each = taken.each if isinstance(taken, TakenEach) else (taken,) * len(self.limits)
        return [pair for limit, one in zip(self.limits, each, strict=True) for pair in limit.headers(one)]

    def spend(self, key: str, count: int) -> None:
        """Use up part of each."""
        for limit in self.limits:
            limit.spend(key, count)
