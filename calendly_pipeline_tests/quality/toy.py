"""A small code location with the names of ours, whose steps fail when told to."""

from collections.abc import Sequence

import dagster as dg

from calendly_pipeline import failures
from calendly_pipeline.quality.freshness import with_freshness

ORDER = ("sources.files", "meetings.meetings", "metrics.contact_metrics")


class Toy:
    """`broken`: table -> class of the error its step raises; `failing`: checks that find bad rows."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self.failing: set[str] = set()
        self.refused: dict[str, str] = {}
        """Account -> class of the error with which its pull fails."""
        tables = [self._table(name, ORDER[place - 1 : place]) for place, name in enumerate(ORDER)]
        sent = self._table("destinations.lacrm_sent", ORDER[-1:])
        checks = [self._check("rows_are_usable", blocking=True), self._check("rows_are_nice", blocking=False)]
        jobs = [
            dg.define_asset_job("refresh", dg.AssetSelection.assets(*(name.split(".") for name in ORDER))),
            dg.define_asset_job("ingest", dg.AssetSelection.assets(["sources", "calendly_pull"])),
            dg.define_asset_job("send_lacrm", dg.AssetSelection.assets(["destinations", "lacrm_sent"])),
        ]
        definitions = dg.Definitions(
            assets=[*tables, self._pull(), sent], asset_checks=checks, jobs=jobs, executor=dg.in_process_executor
        )
        self.repository = with_freshness(definitions).get_repository_def()

    def run(self, instance: dg.DagsterInstance, job: str = "refresh") -> str:
        """Run a job; return its run's id."""
        done = self.repository.get_job(job).execute_in_process(instance=instance, raise_on_error=False)
        return done.run_id

    def _table(self, name: str, deps: Sequence[str]) -> dg.AssetsDefinition:
        @dg.asset(key=name.split("."), deps=[dg.AssetKey(dep.split(".")) for dep in deps])
        def table() -> None:
            if name in self.broken:
                kind = getattr(failures, self.broken[name], ValueError)
                words = "ada@example.com could not be read"
                raise kind("Calendly", "GET /", words) if issubclass(kind, failures.ApiError) else kind(words)

        return table

    def _pull(self) -> dg.AssetsDefinition:
        @dg.asset(key=["sources", "calendly_pull"])
        def pull() -> None:
            if self.refused:
                raise dg.Failure("ada@example.com's token", metadata={"failures": dict(self.refused)})

        return pull

    def _check(self, name: str, *, blocking: bool) -> dg.AssetChecksDefinition:
        @dg.asset_check(asset=["sources", "files"], name=name, blocking=blocking, description="Rows can be used.")
        def check() -> dg.AssetCheckResult:
            metadata = {"bad_rows": 30, "examples": dg.MetadataValue.md("ada@example.com")}
            return dg.AssetCheckResult(passed=name not in self.failing, metadata=metadata)

        return check
