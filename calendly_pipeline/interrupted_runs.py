"""Runs of the command line whose process was killed: Dagster itself watches only runs that it launched.

Such a run would stay `started` for ever, and hold its place in the queue.
"""

import socket

import dagster as dg

PROCESS_TAG = "pipeline/process"
"""Run tag: machine, process and its start."""


def end_interrupted_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of this machine whose process is gone as failed, or they would hold their place in the queue."""
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if _is_gone(run.tags.get(PROCESS_TAG)):
            instance.report_run_failed(run, "Its process ended before it did. It is safe to run again.")
            ended.append(run.run_id)
    return ended


def this_process() -> str:
    """Machine, process and its start."""
    import psutil

    own = psutil.Process()
    return f"{socket.gethostname()}:{own.pid}:{own.create_time():.0f}"


def _is_gone(process: str | None) -> bool:
    import psutil

    host, pid, began = (process or "::").rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(began)) > 2
    except psutil.NoSuchProcess:
        return True
