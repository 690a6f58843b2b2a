"""Liquid as CleverTap speaks it: its `abort` tag, its `date_tz`, its clock; and what its documentation leaves out.

CleverTap supports the terms that its documentation names and no others (docs.clevertap.com, Liquid Tags). A template of
the firm's is text somebody typed: it runs no code, loads no file, and loops, output and variables are limited.
"""

from datetime import datetime
from typing import TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liquid import Environment, Node, RenderContext, Tag, Token, TokenStream, Undefined
from liquid.builtin.filters.misc import date as plain_date
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.parser import get_parser
from liquid.token import TOKEN_TAG

PROFILE, EVENT = "Profile", "Event"
DOCUMENTED_TAGS = frozenset(
    ("abort", "assign", "break", "case", "comment", "continue", "for", "if", "raw", "tablerow", "unless")
)
DOCUMENTED_FILTERS = frozenset(("date", "date_tz", "default", "split"))
LOADING_TAGS = ("include", "render")
CLOCK_ZONE = "Asia/Kolkata"
"""What `"now"` means there unless `date_tz` names a zone."""


class Aborted(Exception):
    """The template decided that nobody gets the message; CleverTap reports `LiquidLogicAborted`."""

    def __init__(self, token: Token) -> None:
        super().__init__("aborted")
        self.token = token


class CampaignEnvironment(Environment):
    """Renders one campaign; `"now"` is `as_of`."""

    loop_iteration_limit = 10_000
    output_stream_limit = 200_000
    local_namespace_limit = 200_000

    def __init__(self, as_of: datetime, undefined: type[Undefined] = Undefined) -> None:
        super().__init__(undefined=undefined, strict_filters=False)
        self.as_of = as_of
        for name in LOADING_TAGS:
            del self.tags[name]
        self.add_tag(AbortTag)
        self.add_filter("date", self._date)
        self.add_filter("date_tz", self._date_tz)

    def _date(self, value: object, form: object) -> str:
        return self._written(self._moment(value, CLOCK_ZONE), form)

    def _date_tz(self, value: object, form: object, zone: object) -> str:
        return self._written(self._moment(value, str(zone), is_moved=True), form)

    def _written(self, value: object, form: object) -> str:
        """python-liquid remembers dates by their instant, so those of another zone are not left to it."""
        return value.strftime(str(form)) if isinstance(value, datetime) else plain_date(value, form, environment=self)

    def _moment(self, value: object, zone: str, *, is_moved: bool = False) -> object:
        """`now` by the clock of a zone; an ISO instant too, when `is_moved`."""
        if value not in ("now", "today") and not is_moved:
            return value
        try:
            moment = self.as_of if value in ("now", "today") else datetime.fromisoformat(str(value))
            return moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else value
        except ZoneInfoNotFoundError as error:
            raise FilterArgumentError(f"{zone!r} is no IANA time zone", token=None) from error
        except ValueError:
            return value


class AbortNode(Node):
    """`{% abort %}`."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Stop here."""
        raise Aborted(self.token)


class AbortTag(Tag):
    """CleverTap's own tag."""

    name = "abort"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """The tag alone."""
        return AbortNode(stream.expect(TOKEN_TAG))


def place_of(error: LiquidError, source: str, environment: Environment) -> tuple[int, int]:
    """Line and column of an error, both from 1."""
    token = error.token
    if token is None or not 0 <= token.start_index < len(source):
        token = _last_parsed(source, environment)
    return place_in(source, token.start_index) if token else (1, 1)


def place_in(source: str, index: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _last_parsed(source: str, environment: Environment) -> Token | None:
    """How far the parser comes: errors at the end of an expression name no place."""
    try:
        stream = TokenStream(environment.tokenizer()(source))
    except LiquidError:
        return None
    try:
        get_parser(environment).parse(stream)
    except LiquidError:
        return stream.tokens[max(min(stream.pos, len(stream.tokens)) - 1, 0)]
    return None
