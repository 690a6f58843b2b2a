"""Serve a fake Cal.com as a process of its own: `python -m calendly_pipeline_tests.fakes.calcom --bookings 1000`."""

import argparse

from calendly_pipeline_tests.fakes.calcom.bulk import booked_firm
from calendly_pipeline_tests.fakes.calcom.server import CalcomServer, api_key_limit
from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the world, print where it is, serve until killed."""
    asked = _arguments()
    world, token = booked_firm(asked.bookings, asked.months, asked.seed, keep_deliveries=asked.deliveries)
    limit = api_key_limit(asked.limit, asked.window, block_seconds=asked.block, reset_as=asked.reset)
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    server = CalcomServer(world, limit=limit, faults=faults, latency=asked.latency)
    serve_until_killed(server, asked.port, token=token, base_path="/v2")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.calcom")
    parser.add_argument("--bookings", type=int, default=1000)
    parser.add_argument("--months", default="2026-01:2026-12")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--window", type=float, default=60.0)
    parser.add_argument("--block", type=float, default=60.0, help="seconds a key is blocked that went over")
    parser.add_argument("--reset", choices=("seconds", "timestamp"), default="seconds")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--deliveries", action="store_true", help="keep the webhook bodies of every change")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
