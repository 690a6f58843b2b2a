"""One refreshed sample firm for the whole suite, copied for every test, and a fake vendor beside it."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import stamina

from calendly_pipeline import environment
from calendly_pipeline.destinations.sending import Order, Sent, send
from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State, sync_ledger
from calendly_pipeline_tests.destinations.contract.killing import send_until_killed
from calendly_pipeline_tests.destinations.contract.vendor import NAMES, Given, Vendor, given_vendor
from calendly_pipeline_tests.destinations.sample_firm import refresh, sample_firm

FEW = ("events-export 7.csv", "Insights-2026-03-01-2026-06-30.csv")
"""Exports with some of everything: a large firm would make the suite slow and show nothing more."""
SECRETS = ("_KEY", "_TOKEN", "_PASSCODE")
OF_EVERY_VENDOR = (
    "test_nothing_is_sent_twice_and_the_ledger_explains_each_record",
    "test_people_who_unsubscribed_stay_so",
    "test_a_killed_send_goes_on_where_it_stopped",
)
"""What `make test` asks of every vendor; the rest it asks of LACRM, and `make faults` of all."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make faults` what is not asked always."""
    for item in items:
        vendor = getattr(item, "callspec", None) and item.callspec.params.get("case")  # type: ignore[attr-defined]
        if vendor and vendor != "lacrm" and getattr(item, "originalname", None) not in OF_EVERY_VENDOR:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample firm with every destination in its settings, refreshed."""
    rules = "".join(given_vendor(name).SETTINGS for name in NAMES)
    home = sample_firm(tmp_path_factory.mktemp("contract") / "firm", rules, FEW)
    refresh(home)
    return home


@pytest.fixture(autouse=True)
def no_waits_between_attempts() -> Iterator[None]:
    """As many attempts as ever, but at once: how long they wait is tested with the client."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@dataclass
class Case:
    """One destination of one firm."""

    home: Home
    given: Given
    vendor: Vendor
    secrets: dict[str, str]
    patch: pytest.MonkeyPatch
    runs: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The destination's."""
        return self.given.NAME

    def send(self, **asked: Any) -> Sent:
        """One send; `asked` are fields of Order."""
        self.runs += 1
        order = replace(Order(f"run-{self.runs}", SAMPLE_AS_OF), **asked)
        state = self.state()
        try:
            return send(self.home, load_settings(self.home.settings_file), state, self.name, order, self.said.append)
        finally:
            state.close()

    def kill(self, at: int) -> bool:
        """A send killed when the vendor has seen so many writes."""
        self.runs += 1
        url = environment.state_url(self.home)
        return send_until_killed(self.home, self.name, url, f"run-{self.runs}", self.vendor.writes, at)

    def state(self) -> State:
        """The firm's state store."""
        return State(environment.state_url(self.home))

    def ledger(self) -> list[dict[str, Any]]:
        """Every attempt."""
        state = self.state()
        try:
            return [row for row in state.rows(sync_ledger) if row["destination"] == self.name]
        finally:
            state.close()

    def forget(self) -> None:
        """Lose the ledger, as a firm does that starts with a new state store."""
        state = self.state()
        with state.transaction() as connection:
            connection.execute(sync_ledger.delete())
        state.close()

    def rule(self, text: str) -> None:
        """Put keys into the destination's table, in place of those put there before."""
        header = f"[destinations.{self.name}]\n"
        lines = self.given.SETTINGS if not text else self.given.SETTINGS.replace(header, f"{header}{text}")
        kept = self.home.settings_file.read_text(encoding="utf-8")
        begin = kept.index(header)
        end = kept.find("\n[destinations.", begin + 1)
        rest = "" if end < 0 else kept[end + 1 :]
        self.home.settings_file.write_text(f"{kept[:begin]}{lines}{rest}", encoding="utf-8")

    def break_key(self) -> None:
        """The key is no longer the right one."""
        for name in self.secrets:
            self.patch.setenv(name, "wrong")

    def mend_key(self) -> None:
        """The right one again."""
        for name, value in self.secrets.items():
            self.patch.setenv(name, value)


Open = Callable[[str], AbstractContextManager[Case]]


@pytest.fixture
def opened(refreshed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """A copy of the firm and one vendor, as often as asked."""
    numbers = itertools.count()

    @contextmanager
    def one(name: str) -> Iterator[Case]:
        given = given_vendor(name)
        home = Home(tmp_path / f"firm {next(numbers)}")
        shutil.copytree(refreshed.root, home.root, ignore=shutil.ignore_patterns("dagster"))
        monkeypatch.setenv("PIPELINE_HOME", str(home.root))
        secrets: dict[str, str] = {}

        def set_variable(variable: str, value: str) -> None:
            monkeypatch.setenv(variable, value)
            if variable.endswith(SECRETS):
                secrets[variable] = value

        with given.vendor(home, set_variable) as vendor:
            yield Case(home, given, vendor, secrets, monkeypatch)

    return one


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, opened: Open) -> Iterator[Case]:
    """Every destination in turn."""
    with opened(request.param) as case:
        yield case
