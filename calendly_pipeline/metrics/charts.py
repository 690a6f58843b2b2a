"""Three small pictures of the firm's meetings: rows in, PNG bytes out. The same rows give the same bytes.

What belongs here: drawing. What does not: counting, which the tables of this stage do, and Dagster.
"""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WEEKS_BACK = 26
WEEKS_AHEAD = 8
MOST_ROWS = 12
LONGEST_LABEL = 34

INK = "#2b3238"
FAINT = "#8a949c"
LINE = "#e3e7ea"
OUTCOMES = (("held", "#2f6f8f"), ("no_show", "#e0a030"), ("cancelled", "#c3574e"))
UPCOMING = "#bcd3de"
NAMES = {"held": "held", "no_show": "no-show", "cancelled": "cancelled", "upcoming": "still open"}
DARK = {"held", "cancelled"}

Row = Mapping[str, Any]


def weekly_chart(rows: Sequence[Row], today: date) -> bytes:
    """Meetings per week by outcome: the last 26 weeks before `today`'s, that week, and the next eight."""
    from matplotlib.ticker import MaxNLocator

    this_week = today - timedelta(days=today.weekday())
    weeks = [this_week + timedelta(weeks=number) for number in range(-WEEKS_BACK, WEEKS_AHEAD + 1)]
    figure, axes = _canvas("Meetings per week", "rescheduled bookings and duplicates left out", 3.4)
    bottom = [0] * len(weeks)
    for column, colour in (*OUTCOMES, ("upcoming", UPCOMING)):
        by_week = _summed(rows, "week_on", f"{column}_count")
        heights = [by_week[week] for week in weeks]
        axes.bar(range(len(weeks)), heights, width=0.78, bottom=bottom, color=colour, label=NAMES[column], linewidth=0)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    if not any(bottom):
        return _png(_nothing(figure, axes))
    axes.axvline(WEEKS_BACK - 0.5, color=FAINT, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.text(WEEKS_BACK - 0.3, max(bottom) * 1.1, "this week", color=FAINT, fontsize=8, va="top", ha="left")
    axes.set_xlim(-0.8, len(weeks) - 0.2)
    axes.set_ylim(0, max(max(bottom) * 1.12, 4))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    _week_ticks(axes, weeks)
    _legend(figure, axes)
    return _png(figure)


def outcomes_chart(rows: Sequence[Row]) -> bytes:
    """What became of the bookings of each event type, as shares of the settled ones; the twelve largest."""
    settled = _outcomes_by_type(rows)
    shown = sorted(settled, key=lambda name: (-sum(settled[name]), name))
    rest = shown[MOST_ROWS:]
    if len(rest) > 1:
        shown = shown[:MOST_ROWS]
        others = f"{len(rest)} other event types"
        settled[others] = [sum(settled[name][place] for name in rest) for place in range(len(OUTCOMES))]
        shown.append(others)
    note = "shares of the bookings held, missed or cancelled, and their number"
    figure, axes = _canvas("Outcomes by event type", note, 1.35 + 0.3 * max(len(shown), 3))
    if not shown:
        return _png(_nothing(figure, axes))
    places = range(len(shown))
    left = [0.0] * len(shown)
    for number, (column, colour) in enumerate(OUTCOMES):
        shares = [settled[name][number] / sum(settled[name]) for name in shown]
        axes.barh(places, shares, left=left, height=0.68, color=colour, label=NAMES[column], linewidth=0)
        for place, (start, share) in enumerate(zip(left, shares, strict=True)):
            if share >= 0.07:
                paint = "white" if column in DARK else INK
                axes.text(start + share / 2, place, f"{share:.0%}", color=paint, fontsize=7.5, ha="center", va="center")
        left = [start + share for start, share in zip(left, shares, strict=True)]
    for place, name in enumerate(shown):
        axes.text(1.012, place, f"{sum(settled[name]):,}", color=FAINT, fontsize=8, va="center", ha="left")
    axes.set_yticks(places, [_short(name) for name in shown], parse_math=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _legend(figure, axes)
    return _png(figure)


def hosts_chart(rows: Sequence[Row], today: date) -> bytes:
    """Hours of held meetings per host and week: the last 26 weeks and `today`'s; the twelve busiest hosts."""
    this_week = today - timedelta(days=today.weekday())
    weeks = [this_week + timedelta(weeks=number) for number in range(-WEEKS_BACK, 1)]
    minutes: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    names: dict[str, str] = {}
    for row in rows:
        if weeks[0] <= row["week_on"] <= weeks[-1] and row["held_minutes"]:
            minutes[row["host_email"]][row["week_on"]] += row["held_minutes"]
            name = row["host_name"] or row["host_email"]
            names[row["host_email"]] = min(names.get(row["host_email"], name), name)
    hosts = sorted(minutes, key=lambda host: (-sum(minutes[host].values()), host))[:MOST_ROWS]
    note = (
        "held meetings"
        if len(minutes) <= MOST_ROWS
        else f"held meetings; the {MOST_ROWS} busiest of {len(minutes)} hosts"
    )
    figure, axes = _canvas("Hours in meetings per host and week", note, 1.35 + 0.42 * max(len(hosts), 2))
    if not hosts:
        return _png(_nothing(figure, axes))
    most = max(max(minutes[host].values()) for host in hosts) / 60
    for place, host in enumerate(hosts):
        for number, week in enumerate(weeks):
            _cell(axes, number, place, minutes[host][week] / 60, most)
        total = f"{sum(minutes[host].values()) / 60:,.0f} h"
        axes.text(len(weeks) - 0.3, place, total, color=FAINT, fontsize=8, va="center", ha="left")
    axes.set_yticks(range(len(hosts)), [_short(names[host]) for host in hosts], parse_math=False)
    axes.set_xlim(-0.6, len(weeks) - 0.4)
    axes.set_ylim(len(hosts) - 0.45, -0.55)
    axes.spines["bottom"].set_visible(False)
    _week_ticks(axes, weeks)
    return _png(figure)


def _cell(axes: "Axes", column: int, row: int, value: float, most: float) -> None:
    """One square, the darker the fuller, with its number."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shade = LinearSegmentedColormap.from_list("load", ["#eef3f6", "#9cc0d1", OUTCOMES[0][1]])
    depth = value / most
    colour = shade(depth) if value else "#f7f8f9"
    axes.add_patch(Rectangle((column - 0.46, row - 0.42), 0.92, 0.84, facecolor=colour, linewidth=0))
    if value:
        text = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
        axes.text(column, row, text, color="white" if depth > 0.68 else INK, fontsize=6.5, ha="center", va="center")


def _outcomes_by_type(rows: Iterable[Row]) -> dict[str, list[int]]:
    """Held, missed and cancelled by event type, both tools together; types with nothing settled are left out.

    Names that differ only in capitals are one, spelt as in the largest row.
    """
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(OUTCOMES))
    spelt: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (-row["booked_count"], row["event_type_name"])):
        name = spelt.setdefault(row["event_type_name"].casefold(), row["event_type_name"])
        for place, (column, _) in enumerate(OUTCOMES):
            found[name][place] += row[f"{column}_count"]
    return {name: counts for name, counts in found.items() if sum(counts)}


def _summed(rows: Iterable[Row], key: str, column: str) -> dict[Any, int]:
    totals: dict[Any, int] = defaultdict(int)
    for row in rows:
        totals[row[key]] += row[column]
    return totals


def _canvas(title: str, note: str, height: float) -> tuple["Figure", "Axes"]:
    """An empty picture with its heading, without any state shared with other pictures."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(9, height), dpi=110, facecolor="white", layout=layout)
    axes = figure.subplots()
    axes.set_title(title, loc="left", color=INK, fontsize=12, fontweight="bold", pad=12)
    axes.set_title(note, loc="right", color=FAINT, fontsize=8.5, pad=12)
    axes.tick_params(length=0, colors=INK, labelsize=8.5)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    return figure, axes


def _week_ticks(axes: "Axes", weeks: Sequence[date]) -> None:
    """Names of months under the first week that begins in them, the year under the first and under each January."""
    starts = [number for number, week in enumerate(weeks) if number == 0 or week.month != weeks[number - 1].month]
    if len(starts) > 1 and starts[1] - starts[0] < 2:
        starts = starts[1:]
    labels = [
        weeks[number].strftime("%b\n%Y" if place == 0 or weeks[number].month == 1 else "%b")
        for place, number in enumerate(starts)
    ]
    axes.set_xticks(starts, labels)


def _legend(figure: "Figure", axes: "Axes") -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=1,
        handleheight=1,
    )


def _nothing(figure: "Figure", axes: "Axes") -> "Figure":
    axes.text(0.5, 0.5, "no meetings yet", color=FAINT, fontsize=11, ha="center", va="center", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
    return figure


def _short(label: str) -> str:
    flat = " ".join(label.split())
    return flat if len(flat) <= LONGEST_LABEL else flat[: LONGEST_LABEL - 1].rstrip() + "…"


def _png(figure: "Figure") -> bytes:
    """The picture without the program's name and version, so that equal pictures are equal bytes."""
    out = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands in for the letter
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
