"""How old every table may get: one freshness policy per asset, chosen by group and key, shown in the UI.

Dagster's daemon evaluates them by the last materialisation. What they cannot see, contents that end long ago and
webhooks that fell silent, `contents.py` finds; that is also where webhooks are held to minutes: a table into which
nothing was delivered all night is not late.
"""

import warnings
from datetime import timedelta

import dagster as dg

PULL_WINDOW = timedelta(hours=3)
"""Booking tools are asked every hour; a pull may take 50 minutes, and one may fail for reasons that pass."""
DAY_WINDOW = timedelta(hours=26)
"""What is made once a day has two hours to be made."""
REFRESH_WINDOW = timedelta(hours=5)
"""Tables are rebuilt every four hours, and have one hour to be rebuilt."""
EXPORT_WINDOW = timedelta(days=7)

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
    """The definitions with a freshness policy on every asset; a tenth of its window before the end it warns."""

    def bounded(spec: dg.AssetSpec) -> dg.AssetSpec:
        window = window_of(spec.key)
        policy = dg.FreshnessPolicy.time_window(fail_window=window, warn_window=window * 0.9)
        return spec.replace_attributes(freshness_policy=policy)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # of mapping specs; the version of dagster is pinned
        return definitions.map_resolved_asset_specs(func=bounded)
