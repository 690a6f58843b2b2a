"""Serve a fake Brevo as a process of its own: `python -m calendly_pipeline_tests.fakes.brevo --contacts 2000`."""

import argparse

from calendly_pipeline_tests.fakes.brevo.bulk import filled_firm
from calendly_pipeline_tests.fakes.brevo.server import BrevoServer, brevo_limits
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the account, print where it is, serve until killed."""
    asked = _arguments()
    world, key = filled_firm(asked.contacts)
    limits = brevo_limits(asked.limit) if asked.limit else None
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    serve_until_killed(BrevoServer(world, limits=limits, faults=faults, latency=asked.latency), asked.port, token=key)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.brevo")
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--limit", type=int, default=0, help="requests a second; 0: none")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
