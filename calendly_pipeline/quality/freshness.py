"""How old every table may get: one freshness policy per asset, chosen by group and key, shown in the UI.

Dagster's daemon evaluates them by the last materialisation. What they cannot see, contents that end long ago and
webhooks that fell silent, `contents.py` finds; that is also where webhooks are held to minutes: a table into which
nothing was delivered all night is not late.
"""

import warnings
from datetime import timedelta

import dagster as dg

LATENESS = timedelta(hours=2)
"""A pull may take 50 minutes, a run may wait for another, and one may fail for a reason that passes."""
PULL_WINDOW = timedelta(hours=1) + LATENESS
REFRESH_WINDOW = timedelta(hours=4) + LATENESS
DAY_WINDOW = timedelta(days=1) + LATENESS
EXPORT_WINDOW = timedelta(days=7)
WARNING = timedelta(hours=1)

SENT = "_sent"
PULL = "_pull"
EXPORTED = ("calendly_exports", "calcom_exports", "crm_contacts", "address_books")


def window_of(key: dg.AssetKey) -> timedelta:
    """After so long without a materialisation the asset is overdue."""
    group, name = key.path[0], key.path[-1]
    if name.endswith(PULL):
        return DAY_WINDOW if name == f"lacrm{PULL}" else PULL_WINDOW
    if group == "destinations" and name.endswith(SENT):
        return DAY_WINDOW
    if name in EXPORTED:
        return EXPORT_WINDOW
    return DAY_WINDOW if group == "contacts" else REFRESH_WINDOW


def with_freshness(definitions: dg.Definitions) -> dg.Definitions:
    """The definitions with a freshness policy on every asset, which warns an hour before it fails."""

    def bounded(spec: dg.AssetSpec) -> dg.AssetSpec:
        window = window_of(spec.key)
        policy = dg.FreshnessPolicy.time_window(fail_window=window, warn_window=window - WARNING)
        return spec.replace_attributes(freshness_policy=policy)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # of mapping specs; the version of dagster is pinned
        return definitions.map_resolved_asset_specs(func=bounded)
