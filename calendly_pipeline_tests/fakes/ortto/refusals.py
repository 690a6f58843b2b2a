"""What the fake Ortto refuses."""

from typing import Any


class Refused(Exception):
    """An answer that is no success, in the shape that was recorded."""

    def __init__(self, error: str, status: int = 400, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.details = details

    def body(self, number: int) -> dict[str, Any]:
        """The answer's body."""
        more = {} if self.details is None else {"details": self.details}
        return {
            "request_id": f"00000000-0000-4000-8000-{number:012}",
            "code": self.status,
            "error": str(self),
            **more,
        }
