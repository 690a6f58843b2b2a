"""What the contract suite needs of a fake vendor, and the vendors there are."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

from calendly_pipeline.destinations import DESTINATIONS
from calendly_pipeline.home import Home
from calendly_pipeline_tests.fakes.faults import Faults

SetVariable = Callable[[str, str], None]


class Vendor(Protocol):
    """A fake that listens, with its key in the environment."""

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        ...

    def writes(self) -> int:
        """Requests that write, refused ones too, since the last `clear`."""
        ...

    def clear(self) -> None:
        """Forget the requests so far."""
        ...

    def state(self) -> Any:
        """All that it holds of ours, in a form that can be compared."""
        ...

    def doubled(self) -> list[str]:
        """What is there twice."""
        ...

    def consents(self) -> Any:
        """Who is subscribed and who is not."""
        ...

    def unsubscribe(self, address: str) -> None:
        """As the person would; nothing where it does not apply."""
        ...

    def addresses(self) -> list[str]:
        """People it holds, sorted."""
        ...


class Given(Protocol):
    """A module `contract_<name>`."""

    NAME: str
    SETTINGS: str
    WRITE_PATHS: tuple[str, ...]

    def vendor(self, home: Home, set_variable: SetVariable) -> AbstractContextManager[Vendor]:
        """Start the fake."""
        ...


def given_vendor(name: str) -> Given:
    """The module of a destination."""
    module: Any = import_module(f"calendly_pipeline_tests.destinations.contract.contract_{name}")
    return module


NAMES = DESTINATIONS
