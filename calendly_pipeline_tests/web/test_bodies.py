"""Bodies as bytes on the wire: limits that hold whoever sends."""

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline_tests.web.receiving import HASTY, SMALL, Receiving, calendly_body, calendly_headers, receiving

GOOD = calendly_body()
CHUNK = b"x" * 8192


def head(*more: str, headers: dict[str, str] | None = None) -> bytes:
    """The head of a POST to Calendly's path."""
    said = [f"{name}: {value}" for name, value in (headers or calendly_headers(GOOD)).items()]
    return "\r\n".join(["POST /webhooks/calendly HTTP/1.1", "host: test", *said, *more, "", ""]).encode()


def chunked(*parts: bytes) -> bytes:
    """Parts in chunked coding, with its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def test_a_chunked_body_is_read_whole(receiver: Receiving) -> None:
    """A body in chunks without a length is signed and kept like any other."""
    coded = chunked(GOOD[:10], GOOD[10:])
    assert receiver.raw(head("transfer-encoding: chunked"), coded[:20], coded[20:]) == "200"
    assert [row["body"].encode() for row in receiver.rows()] == [GOOD]


def test_an_endless_chunked_body_is_cut_off(refusing: Receiving) -> None:
    """Chunks are counted as they come: the answer is there before the end of the body is."""
    unended = chunked(*[CHUNK] * (SMALL.body_bytes // len(CHUNK) + 1))[:-5]
    assert refusing.raw(head("transfer-encoding: chunked"), unended) == "413"


@pytest.mark.parametrize("length", [str(SMALL.body_bytes + 1), "9" * 18])
def test_a_large_length_is_refused_unread(refusing: Receiving, length: str) -> None:
    """A length over the limit is answered before a byte of the body has come."""
    assert refusing.raw(head(f"content-length: {length}")) == "413"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(f"content-length: {len(GOOD) - 1}", id="too-short"),
        pytest.param("content-length: 0", id="nothing"),
        pytest.param("content-length: -1", id="negative"),
        pytest.param("content-length: many", id="no-number"),
        pytest.param(f"content-length: {'9' * 5000}", id="endless"),
        pytest.param(f"content-length: 5\r\ncontent-length: {len(GOOD)}", id="two-lengths"),
        pytest.param(f"content-length: {len(GOOD)}\r\ntransfer-encoding: chunked", id="length-and-chunks"),
    ],
)
def test_a_false_length_is_refused(refusing: Receiving, more: str) -> None:
    """What does not fit its length is never a delivery."""
    assert refusing.raw(head(more), GOOD) in {"400", "401"}


def test_a_body_cut_short_leaves_nothing(refusing: Receiving) -> None:
    """A sender that hangs up half-way left no delivery; the server goes on."""
    refusing.raw(head(f"content-length: {len(GOOD)}"), GOOD[:20], hang_up=True)
    assert refusing.client.get(refusing.url + "/health").status_code == 200


def test_a_slow_body_is_given_up(home: Home) -> None:
    """A sender that stops in the middle is told so after a while."""
    with receiving(home, HASTY) as receiver:
        assert receiver.raw(head(f"content-length: {len(GOOD)}"), GOOD[:20]) == "408"


@pytest.mark.parametrize(
    "repeated",
    [
        pytest.param("calendly-webhook-signature: t=1,v1=0", id="signature"),
        pytest.param("content-type: text/plain", id="content-type"),
        pytest.param("content-encoding: identity\r\ncontent-encoding: gzip", id="content-encoding"),
    ],
)
def test_headers_said_twice_are_refused(refusing: Receiving, repeated: str) -> None:
    """Two values for one header that matters are no value."""
    assert refusing.raw(head(f"content-length: {len(GOOD)}", repeated), GOOD) == "400"
