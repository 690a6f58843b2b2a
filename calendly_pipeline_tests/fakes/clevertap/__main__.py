"""Serve a fake CleverTap as a process of its own: `python -m calendly_pipeline_tests.fakes.clevertap`."""

import argparse

from calendly_pipeline_tests.fakes.clevertap.server import MOST_UPLOADS, CleverTapServer
from calendly_pipeline_tests.fakes.clevertap.world import World
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the account, print where it is, serve until killed."""
    asked = _arguments()
    world = World(time_zone=asked.time_zone)
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    server = CleverTapServer(world, most_uploads=asked.parallel, faults=faults, latency=asked.latency)
    serve_until_killed(server, asked.port, account_id=world.account_id, passcode=world.passcode)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.clevertap")
    parser.add_argument("--time-zone", default="America/New_York", help="the project's")
    parser.add_argument("--parallel", type=int, default=MOST_UPLOADS, help="uploads at a time")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
