"""Text that strangers typed, made fit to be seen: escaped, invisible marks shown, long text folded, differences marked.

What belongs here: from text to HTML. What does not: pages.
"""

import unicodedata
from difflib import SequenceMatcher

from markupsafe import Markup, escape

SHOWN = 160
"""Characters shown of a value; the rest is behind a disclosure."""

COMPARED = 200
"""Characters of two values that are compared letter by letter."""

ALIKE = 0.5
"""Below this similarity single letters that agree mean nothing, and all of both values is marked."""

WORDS = {
    "exact": "the same",
    "canonical": "the same mailbox",
    "typo_domain": "a slip in the domain",
    "same_local_part": "the same before the @",
    "typo_local_part": "a slip before the @",
    "near_address": "nearly the same",
    "of_company": "the domain of others at that company",
    "different": "different",
    "full": "the same name",
    "near": "nearly the same name",
    "first_only": "only a first name, and it fits",
    "none": "no name to compare",
    "first_same": "same first name, other surname",
    "last_same": "same surname, other first name",
    "first_diff": "another first name",
    "conflict": "another name",
    "missing": "missing",
}
"""What a comparison found, in words."""


def shown(text: object, limit: int = SHOWN) -> Markup:
    """A value as HTML; belongs where block elements may stand, because long ones are folded."""
    said = "" if text is None else str(text)
    if len(said) <= limit:
        return inline(said)
    label = f"all {len(said):,} characters"
    return Markup('{}… <details class="more"><summary>{}</summary>{}</details>').format(
        inline(said[:limit]), label, inline(said)
    )


def inline(text: object, limit: int | None = None) -> Markup:
    """A value as HTML inside a line, cut without a trace of the rest where a limit is given."""
    said = "" if text is None else str(text)
    cut = said if limit is None or len(said) <= limit else said[:limit] + "…"
    return Markup("<bdi>{}</bdi>").format(_signs(cut))


def differences(left: str, right: str) -> tuple[Markup, Markup]:
    """Both values as HTML, the letters marked that the other does not have; capital letters count as small ones."""
    a, b = left[:COMPARED], right[:COMPARED]
    same_length = len(a.lower()) == len(a) and len(b.lower()) == len(b)
    matcher = SequenceMatcher(None, a.lower() if same_length else a, b.lower() if same_length else b, autojunk=False)
    if matcher.ratio() < ALIKE:
        return _joined([Markup("<mark>{}</mark>").format(_signs(a))], len(left)), _joined(
            [Markup("<mark>{}</mark>").format(_signs(b))], len(right)
        )
    lefts, rights = [], []
    for kind, i, j, m, n in matcher.get_opcodes():
        mark = Markup("{}") if kind == "equal" else Markup("<mark>{}</mark>")
        lefts += [mark.format(_signs(a[i:j]))] if j > i else []
        rights += [mark.format(_signs(b[m:n]))] if n > m else []
    return _joined(lefts, len(left)), _joined(rights, len(right))


def in_words(comparison: str) -> str:
    """What a comparison found, for people."""
    return WORDS.get(comparison, comparison.replace("_", " "))


def _joined(parts: list[Markup], length: int) -> Markup:
    return Markup("<bdi>{}{}</bdi>").format(Markup("").join(parts), "…" if length > COMPARED else "")


def _signs(text: str) -> Markup:
    if text.isascii() and text.isprintable():
        return _breakable(text)
    return Markup("").join(_sign(letter) if _is_hidden(letter) else _breakable(letter) for letter in text)


def _breakable(text: str) -> Markup:
    """Escaped; an address that is too long for its line is best broken after its `@`."""
    return Markup("@<wbr>").join(escape(part) for part in text.split("@"))


def _is_hidden(letter: str) -> bool:
    """Control, format, private and unassigned characters, and separators that break lines."""
    if letter in "\n\t":
        return False
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _sign(letter: str) -> Markup:
    number = f"U+{ord(letter):04X}"
    return Markup('<span class="sign" title="{}">{}</span>').format(unicodedata.name(letter, "control mark"), number)
