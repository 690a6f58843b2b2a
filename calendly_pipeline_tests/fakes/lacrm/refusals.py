"""What the fake LACRM refuses, always as HTTP 400 with an opaque code."""

import hashlib
import string

DIGITS = string.digits + string.ascii_lowercase


class Refused(Exception):
    """An answer that is no success: 400, or another status where a test wants one."""

    def __init__(self, description: str, site: str = "", status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.code = error_code(site or description)


def error_code(site: str) -> str:
    """One code of 16 characters per place of an error; no list of them is published (LACRM API documentation)."""
    number = int.from_bytes(hashlib.sha256(site.encode()).digest()[:12], "big")
    return "".join(DIGITS[number // 36**place % 36] for place in range(16))


def missing(name: str, function: str) -> Refused:
    """A required parameter that is not there; the words are those a real account gave (lacrm-mcp)."""
    return Refused(f"'{name}' field is required for {function}", f"required {name} {function}")
