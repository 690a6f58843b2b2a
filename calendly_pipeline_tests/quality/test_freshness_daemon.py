"""Our policies, evaluated by Dagster's own daemon, with the clock moved instead of waited for."""

import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.freshness import FreshnessDaemon

from calendly_pipeline.quality.overdue import freshness_states
from calendly_pipeline.quality.run_findings import run_findings
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.quality import toy_location
from calendly_pipeline_tests.quality.toy import ORDER
from calendly_pipeline_tests.quality.toy_location import repository

KEYS = [dg.AssetKey(name.split(".")) for name in (*ORDER, "sources.calendly_pull")]


def test_the_daemon_turns_tables_red_and_the_alert_names_the_root() -> None:
    """Fresh after a build, a warning before the window ends, overdue after it, fresh again after the next build."""
    toy = LoadableTargetOrigin(executable_path=sys.executable, module_name=toy_location.__name__)
    target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(toy, location_name="toy"))
    with dg.instance_for_test() as instance, WorkspaceProcessContext(instance, target) as space:

        def build() -> None:
            for key in repository.asset_graph.get_all_asset_keys():
                instance.report_runless_asset_event(dg.AssetMaterialization(key))

        def states_after(hours: float) -> list[str]:
            with freeze_time(datetime.now(UTC) + timedelta(hours=hours)):
                list(FreshnessDaemon().run_iteration(space))
            found = freshness_states(instance, KEYS)
            return [found[key] for key in KEYS]

        def told() -> list[str]:
            seen = run_findings(instance, repository, Settings(), is_in_use=True)
            return [f"{finding.cause} {finding.asset}" for finding in seen.findings]

        assert states_after(0) == ["UNKNOWN"] * 4  # never built: red nowhere, so the alert looks for it itself
        assert told() == ["tables sources.files"]
        build()
        assert (states_after(1), told()) == (["PASS"] * 4, [])
        assert states_after(2.9) == ["PASS", "PASS", "PASS", "WARN"]
        assert states_after(5.1) == ["WARN", "WARN", "WARN", "FAIL"]
        assert told() == []  # the pull is judged by its landed manifests
        assert (states_after(6.1), told()) == (["FAIL"] * 4, ["tables sources.files"])
        build()
        assert (states_after(0), told()) == (["PASS"] * 4, [])
