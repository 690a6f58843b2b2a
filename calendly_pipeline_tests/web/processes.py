"""The server as a process of its own, to be stopped or killed."""

import os
import signal
import subprocess
import sys
import threading
from queue import Empty, Queue

from calendly_pipeline.home import REPOSITORY, Home
from calendly_pipeline_tests.web.receiving import KEY

CODE = """
import sys
from pathlib import Path
from calendly_pipeline.home import Home
from calendly_pipeline.web.serving import serve
serve(Home(Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]))
"""


class ServerProcess:
    """`serve` for a home; as a context manager it leaves no process behind."""

    def __init__(self, home: Home, port: int = 0) -> None:
        self.log: list[str] = []
        environment = {**os.environ, "CALENDLY_WEBHOOK_SIGNING_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CODE, str(home.root), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env=environment,
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def url(self) -> str:
        """Where it listens; waits for the log line that says so."""
        while "listening on " not in (line := self._next_line()):
            pass
        return line.rpartition("listening on ")[2].strip()

    def stop(self) -> int:
        """Ask it to stop, as a supervisor does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = self._process.wait(30)
        self._reader.join(10)
        if self._process.stderr:
            self._process.stderr.close()
        return code

    def _next_line(self) -> str:
        try:
            return self._lines.get(timeout=30)
        except Empty:
            raise AssertionError("the server said nothing more:\n" + "".join(self.log)) from None

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.log.append(line)
            self._lines.put(line)
