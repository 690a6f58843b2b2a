"""The body of a CleverTap campaign, checked and rendered with the fields we really send.

`remarks` reads a template without rendering it: mistakes in Liquid, tags and filters that CleverTap does not have or
does not document, and fields that we do not send. `rendered` shows what one person would get.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from liquid import Undefined
from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis, Variable

from calendly_pipeline.destinations.clevertap.liquid_dialect import (
    DOCUMENTED_FILTERS,
    DOCUMENTED_TAGS,
    EVENT,
    PROFILE,
    Aborted,
    CampaignEnvironment,
    place_in,
    place_of,
)
from calendly_pipeline.failures import InputError

INNER_TAGS = ("else", "elsif", "when", "endif", "endunless", "endcase", "endfor", "endtablerow")
OF_ANY_VALUE = frozenset(("size", "first", "last"))


@dataclass(frozen=True, order=True)
class Remark:
    """Something about a template, and where; line and column count from 1."""

    line: int
    column: int
    level: Literal["error", "warning"]
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.level}: {self.text}"


@dataclass(frozen=True)
class Rendered:
    """What one person would get."""

    text: str
    aborted: Remark | None
    blanks: list[Remark]
    """Fields that have no value for this person and no default: they leave a hole."""


Fields = Mapping[str, Collection[str]]
"""Root (`Profile`, `Event`) -> the names we send below it."""


def remarks(source: str, fields: Fields) -> list[Remark]:
    """Everything that is wrong or doubtful, in the order of the text."""
    environment = CampaignEnvironment(datetime.fromtimestamp(0, UTC))
    try:
        misplaced = sorted(_misplaced_tags(source, environment))
        if misplaced:
            return misplaced
        analysis = environment.from_string(source).analyze()
    except LiquidError as error:
        return [Remark(*place_of(error, source, environment), "error", f"{error.message}")]
    return sorted(
        {*_tags(source, analysis), *_filters(source, analysis, environment), *_names(source, analysis, fields)}
    )


def rendered(source: str, name: str, values: Mapping[str, Mapping[str, Any]], as_of: datetime) -> Rendered:
    """Render with one person's values; a null is no value. Raises InputError with `name`, line and column."""
    holes: list[Remark] = []

    class Hole(Undefined):
        """Notes that it was printed."""

        def __str__(self) -> str:
            line, column = place_in(source, self.token.start_index) if self.token else (1, 1)
            field = (self.hint or f"{self.name} is undefined").removesuffix(" is undefined")
            holes.append(Remark(line, column, "warning", f"{field} has no value here and no default: a hole"))
            return ""

    known = {root: {k: v for k, v in held.items() if v is not None} for root, held in values.items()}
    environment = CampaignEnvironment(as_of, Hole)
    try:
        text = environment.from_string(source).render(**known)
    except Aborted as aborted:
        where = place_in(source, aborted.token.start_index)
        return Rendered("", Remark(*where, "warning", "abort: nobody of whom this holds gets the message"), holes)
    except LiquidError as error:
        line, column = place_of(error, source, environment)
        raise InputError(f"{name} {line}:{column}: {error.message}.", "Correct the template.") from error
    return Rendered(text, None, holes)


def _misplaced_tags(source: str, environment: CampaignEnvironment) -> Iterator[Remark]:
    """Tags that are unknown, stand where they mean nothing, or lack their end."""
    try:
        found = environment.analyze_tags_from_string(source)
    except IndexError:  # python-liquid 2.3.6 stumbles over an end without a beginning; the parser will say so
        return
    for name, spans in found.unknown_tags.items():
        said = f"CleverTap has no tag {name!r}{_hint(name, (*environment.tags, *INNER_TAGS))}"
        yield from (Remark(*place_in(source, span.index), "error", said) for span in spans)
    for name, spans in found.unexpected_tags.items():
        yield from (Remark(*place_in(source, span.index), "error", f"{name!r} is inside no tag") for span in spans)
    for name, spans in found.unclosed_tags.items():
        said = f"{name!r} has no end; write {{% end{name} %}}"
        yield from (Remark(*place_in(source, span.index), "error", said) for span in spans)


def _tags(source: str, analysis: TemplateAnalysis) -> Iterator[Remark]:
    for name in analysis.tags.keys() - DOCUMENTED_TAGS:
        for span in analysis.tags[name]:
            said = f"CleverTap's documentation does not name the tag {name!r}; send a test message"
            yield Remark(*place_in(source, span.index), "warning", said)


def _filters(source: str, analysis: TemplateAnalysis, environment: CampaignEnvironment) -> Iterator[Remark]:
    for name in analysis.filters.keys() - DOCUMENTED_FILTERS:
        for span in analysis.filters[name]:
            where = place_in(source, span.index)
            if name not in environment.filters:
                yield Remark(*where, "error", f"there is no filter {name!r}{_hint(name, environment.filters)}")
            else:
                said = f"CleverTap's documentation does not name the filter {name!r}; send a test message"
                yield Remark(*where, "warning", said)


def _names(source: str, analysis: TemplateAnalysis, fields: Fields) -> Iterator[Remark]:
    """References to what is neither sent nor made in the template."""
    for root, variables in analysis.globals.items():
        for variable in variables:
            where = place_in(source, variable.span.index)
            if root not in fields:
                yield Remark(*where, "error", f"there is no {variable}{_hint(root, fields)}")
            else:
                yield from (Remark(*where, *said) for said in _field(root, variable, fields[root]))


def _field(root: str, variable: Variable, known: Collection[str]) -> Iterator[tuple[Any, str]]:
    segments = variable.segments[1:]
    if not segments:
        yield "error", f"{root} names no field; write {root}.<name>"
    elif not isinstance(segments[0], str):
        yield "warning", f"{variable} is known only when it is sent; it is not checked"
    elif segments[0] not in known and root == PROFILE:
        yield "warning", f"we do not send {variable}; something else must fill it{_hint(segments[0], known)}"
    elif segments[0] not in known:
        yield "error", f"{variable} is not sent{_hint(segments[0], known)}"
    elif segments[1:] and segments[1] not in OF_ANY_VALUE:
        yield "error", f"{variable}: {root}.{segments[0]} is one value, nothing lies below it"


def _hint(name: str, known: Collection[str]) -> str:
    plain = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), plain, n=1, cutoff=0.5)
    return f"; the nearest is {plain[near[0]]!r}" if near else ""


__all__ = ["EVENT", "PROFILE", "Fields", "Remark", "Rendered", "remarks", "rendered"]
