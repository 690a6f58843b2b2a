"""Serve a fake LACRM as a process of its own: `python -m calendly_pipeline_tests.fakes.lacrm --contacts 2000`."""

import argparse

from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.lacrm.bulk import filled_firm
from calendly_pipeline_tests.fakes.lacrm.server import LacrmServer, SilentLimit
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the world, print where it is, serve until killed."""
    asked = _arguments()
    world, key = filled_firm(asked.contacts, asked.seed)
    limit = SilentLimit(asked.limit, asked.window) if asked.limit else None
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    serve_until_killed(LacrmServer(world, limit=limit, faults=faults, latency=asked.latency), asked.port, token=key)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.lacrm")
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="requests per window; 0: none")
    parser.add_argument("--window", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
