"""Serve a fake Calendly as a process of its own: `python -m calendly_pipeline_tests.fakes.calendly --events 1000`."""

import argparse

from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.calendly.control import control
from calendly_pipeline_tests.fakes.calendly.drift import Drift
from calendly_pipeline_tests.fakes.calendly.server import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.tokens import EVERYTHING
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the world, print where it is, serve until killed."""
    asked = _arguments()
    world = booked_firm(asked.events, asked.months, asked.seed, plan=asked.plan, keep_deliveries=asked.deliveries)
    limit = Limit(asked.limit, asked.window)
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    server = CalendlyServer(world, limit=limit, faults=faults, latency=asked.latency)
    drift = Drift(world, asked.drift or 0, every=asked.drift_every if asked.drift is not None else 0)
    server.on_request(drift)
    control(server, drift)
    token = server.tokens.personal(world.owner, EVERYTHING, asked.token)
    serve_until_killed(server, asked.port, token=token, organization=world.organization["uri"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.calendly")
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--months", default="2026-01:2026-12")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", default="teams")
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--window", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--drift", type=int, help="seed of changes that happen while requests come in")
    parser.add_argument("--drift-every", type=int, default=5, help="requests per change")
    parser.add_argument("--deliveries", action="store_true", help="keep the webhook bodies of every change")
    parser.add_argument("--token", default="test-token")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
