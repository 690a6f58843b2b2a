"""Serve a fake Salesforce as a process of its own: `python -m calendly_pipeline_tests.fakes.salesforce --users 40`."""

import argparse

from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN, filled_firm
from calendly_pipeline_tests.fakes.salesforce.server import SalesforceServer
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the world, print where it is, serve until killed."""
    asked = _arguments()
    world = filled_firm(asked.users)
    world.daily_limit = asked.limit
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    serve_until_killed(SalesforceServer(world, faults=faults, latency=asked.latency), asked.port, token=TOKEN)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.salesforce")
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--limit", type=int, default=100_000, help="requests a day")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
