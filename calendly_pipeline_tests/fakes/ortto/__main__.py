"""Serve a fake Ortto as a process of its own: `python -m calendly_pipeline_tests.fakes.ortto --people 2000`."""

import argparse

from calendly_pipeline_tests.fakes.faults import STORM, Faults
from calendly_pipeline_tests.fakes.ortto.bulk import filled_account
from calendly_pipeline_tests.fakes.ortto.server import BodyLimit, OrttoServer
from calendly_pipeline_tests.fakes.serving import serve_until_killed


def main() -> None:
    """Build the world, print where it is, serve until killed."""
    asked = _arguments()
    world, key = filled_account(asked.people, asked.seed, omitted_subscribes=not asked.omitted_keeps)
    limit = BodyLimit(asked.limit, asked.window) if asked.limit else None
    faults = Faults(asked.fault_seed, asked.faults, STORM, asked.slow)
    serve_until_killed(OrttoServer(world, limit=limit, faults=faults, latency=asked.latency), asked.port, token=key)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calendly_pipeline_tests.fakes.ortto")
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--omitted-keeps", action="store_true", help="an omitted permission keeps what is there")
    parser.add_argument("--limit", type=int, default=0, help="requests per window; 0: none")
    parser.add_argument("--window", type=float, default=1.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.3, help="seconds of a slow answer")
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
