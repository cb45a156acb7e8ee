"""Points of the cumulative risk -> a picture with its table and words; knows no formulary, no model and no clock.

matplotlib is imported inside the functions, so that nothing else pays for it, and used under a lock. The same points give the same bytes.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, zip_longest
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal
from xml.sax.saxutils import escape

from medcheck.assessment import CurvePoint
from medcheck.errors import InputError
from medcheck.text import median_words, percent_words
from medcheck.value import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FORMS: Final = ("svg", "png")
HEADER: Final = ("day", "part", "dose at most (multiple of the ceiling)", "median % (range where the history is one)", "low %", "high %")
NOTICE: Final = "Groups in published studies; not validated for individuals."
NOT_REVIEWED: Final = "Not yet clinically reviewed."
_INTERVAL = "95 % of studies"
_MONTHS = (12, 24)
_MONTH_DAYS = 365.25 / 12
_NEAR_DAYS = 20  # a point this near to a horizon stands for it

# Okabe and Ito's colours, and a light tint of each for its band; nothing rests on colour alone
_BEHIND, _BEHIND_BAND = "#0072B2", "#CCE3F0"
_AHEAD, _AHEAD_BAND, _AHEAD_HATCH = "#D55E00", "#FCEFE4", "#E0A070"
_AHEAD_TEXT = "#A84300"  # darker, so that words have contrast
_INK, _PALE = "#222222", "#DDDDDD"
_DASHED: Final = (0, (4, 2))
_CLEAR: Final = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8}  # behind words that may cross a line
_SIZE = (9.4, 6.0)  # inches
_LEFT, _RIGHT = 0.075, 0.785  # of the width; the labels of what lies ahead stand to the right
_RC: Final = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "medcheck",
    "hatch.linewidth": 0.7,
    "text.parse_math": False,
}
_drawing = Lock()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Picture(Value):
    """What the parts of the drawing share: the points apart, today, and the ends of the time axis."""

    behind: tuple[CurvePoint, ...]
    ahead: tuple[CurvePoint, ...]
    as_of: date
    begin: date
    end: date


def risk_chart(
    points: Sequence[CurvePoint], *, title: str, conditional: str, as_of: date, form: str = "svg", not_reviewed: bool = True
) -> bytes:
    """Draw the risk with its interval above the dose, behind and ahead of `as_of`, as an SVG (UTF-8) or a PNG (144 dpi).

    `conditional` ("if taken for RLS", or "") is set behind the title. The SVG holds a title and a description, and neither scripts nor
    style elements; its style attributes need it to be embedded as an image.

    Raises:
        InputError: there are no points, the form is unknown, or matplotlib is not installed.
    """
    if form not in FORMS:
        raise InputError(f"a chart can be {' or '.join(FORMS)}, not {form!r}")
    _check(points)
    tail = _clean(f"({conditional})") if conditional else ""
    words = f"{_clean(title)} {tail}".rstrip()
    caption = f"{NOTICE} {NOT_REVIEWED}" if not_reviewed else NOTICE
    with _drawing, _matplotlib():
        drawn = _save(_draw(_picture(points, as_of), _heading(_clean(title), tail), caption), form)
    return _described(drawn, words, alternative_text(points, title=words, as_of=as_of)) if form == "svg" else drawn


def risk_table(points: Sequence[CurvePoint]) -> list[tuple[str, ...]]:
    """The numbers of the picture: HEADER, then a row for each point; percent without decimals, "<1" below 1 and ">99" above 99.

    Raises:
        InputError: there are no points.

    >>> risk_table([CurvePoint(date(2026, 1, 1), False, 1.5, 12.4, 0.3, 99.5)])[1]
    ('2026-01-01', 'behind', '1.5', '12', '<1', '>99')
    """
    _check(points)
    return [HEADER, *(_row(p) for p in points)]


def _row(p: CurvePoint) -> tuple[str, ...]:
    percent = median_words(p.lower_median, p.median), percent_words(p.low95), percent_words(p.high95)
    return (p.day.isoformat(), _part(p), _times(p.dose_ratio), *percent)


def alternative_text(points: Sequence[CurvePoint], *, title: str, as_of: date) -> str:
    """The picture in up to three sentences: the time and the doses, the risk to date, the risk in 12 and 24 months from `as_of`.

    Raises:
        InputError: there are no points.

    >>> print(alternative_text([CurvePoint(date(2026, 1, 1), False, 1.5, 12.4, 0.3, 60)], title="Ropinirole", as_of=date(2026, 1, 1)))
    Ropinirole, 2026-01-01 to 2026-01-01, dose at most 1.5 times the ceiling. Cumulative risk to date 12 % (95 % of studies: <1 to 60 %).
    """
    _check(points)
    p = _picture(points, as_of)
    sentences = [f"{_clean(title)}, {points[0].day} to {points[-1].day}, {_doses(p)}."]
    if p.behind:
        sentences.append(f"Cumulative risk to date {_with_interval(p.behind[-1], _INTERVAL + ': ')}.")
    if p.ahead:
        risks = " and ".join(f"{when} {_with_interval(point)}" for when, point in _horizons(p))
        sentences.append(f"Counted anew from today, {as_of}, if there is none so far: {risks}.")
    return " ".join(sentences)


# ---- numbers and words -------------------------------------------------------------------------------------------------
def _check(points: Sequence[CurvePoint]) -> None:
    if not points:
        raise InputError("there is nothing to draw: the history holds no dopaminergic medicine with a time")


def _picture(points: Sequence[CurvePoint], as_of: date) -> _Picture:
    begin, end = min(as_of, *(p.day for p in points)), max(as_of, *(p.day for p in points))
    pad = max(timedelta(days=31), (end - begin) / 50)  # so that there is the first day of a month to write
    behind, ahead = tuple(p for p in points if not p.ahead), tuple(p for p in points if p.ahead)
    return _Picture(behind, ahead, as_of, begin - pad, end if ahead else end + pad)


def _part(point: CurvePoint) -> str:
    return "ahead" if point.ahead else "behind"


def _interval(point: CurvePoint) -> str:
    low, high = percent_words(point.low95), percent_words(point.high95)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _with_interval(point: CurvePoint, lead: str = "") -> str:
    return f"{median_words(point.lower_median, point.median)} % ({lead}{_interval(point)})"


def _times(ratio: float) -> str:
    return "<0.01" if 0 < ratio < 0.005 else f"{ratio:.2f}".rstrip("0").rstrip(".")


def _doses(p: _Picture) -> str:
    taken = [each.dose_ratio for each in (*p.behind, *p.ahead)]
    least, most, now = _times(min(taken)), _times(max(taken)), _times((p.ahead or p.behind)[0 if p.ahead else -1].dose_ratio)
    return f"dose at most {now} times the ceiling" if least == most else f"dose at most {least} to {most} times the ceiling, now {now}"


def _horizons(p: _Picture) -> list[tuple[str, CurvePoint]]:
    """The points ahead that are named in words; the last one with its day where none lies at a horizon."""
    found = []
    for months in _MONTHS:
        near = min(p.ahead, key=lambda each: abs((each.day - p.as_of).days - months * _MONTH_DAYS))
        if abs((near.day - p.as_of).days - months * _MONTH_DAYS) <= _NEAR_DAYS:
            found.append((f"in {months} months", near))
    return found or [(f"by {p.ahead[-1].day}", p.ahead[-1])]


def _clean(text: str) -> str:
    """One line without what XML cannot hold."""
    return " ".join(re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text).split())


def _heading(title: str, tail: str) -> str:
    """The title on two lines at most; it is cut, never the condition behind it."""
    kept = textwrap.shorten(title, 140 - len(tail), placeholder=" …")
    return "\n".join(textwrap.wrap(f"{kept} {tail}", 80))


# ---- the drawing -------------------------------------------------------------------------------------------------------
@contextmanager
def _matplotlib() -> Iterator[None]:
    """Lend matplotlib with its own defaults and ours, whatever the caller has set; the caller's settings come back."""
    try:
        import matplotlib
    except ImportError:
        raise InputError("a chart needs matplotlib: pip install 'medcheck[plot]'") from None
    # all but the backend, which rc_context does not give back
    own: dict[Any, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith("backend")}
    with matplotlib.rc_context(own | _RC):
        yield


def _draw(p: _Picture, heading: str, caption: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    FigureCanvasAgg(figure)  # measures text; saving puts its own in place
    upper = figure.add_axes((_LEFT, 0.365, _RIGHT - _LEFT, 0.465))
    lower = figure.add_axes((_LEFT, 0.13, _RIGHT - _LEFT, 0.165))
    for axes in (upper, lower):
        _time_axis(axes, p)
    upper.tick_params(labelbottom=False)
    _risk_panel(upper, p)
    _dose_panel(lower, p)
    figure.text(0.012, 0.98, heading, fontsize=12, fontweight="bold", color=_INK, va="top")
    figure.text(0.012, 0.02, caption, fontsize=9.5, color=_INK, va="bottom")
    return figure


def _time_axis(axes: Axes, p: _Picture) -> None:
    axes.set_xlim(_day(p.begin), _day(p.end))
    ticks = _ticks(p.begin, p.end)
    axes.set_xticks([_day(each) for each, _ in ticks], [words for _, words in ticks])
    axes.grid(color=_PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.axvline(_day(p.as_of), color=_INK, linewidth=1.2, zorder=4)


def _ticks(begin: date, end: date) -> list[tuple[date, str]]:
    """Up to ten first days of months or years, with their words."""
    months = (end - begin).days / _MONTH_DAYS
    step = next(k for k in (1, 2, 3, 6, *range(12, 12 * 1000, 12)) if months / k <= 9)
    firsts = [(y, m) for y in range(begin.year, end.year + 1) for m in range(1, 13) if (y * 12 + m - 1) % step == 0]
    days = [each for each in (date(y, m, 1) for y, m in firsts) if begin <= each <= end]
    return [(each, f"{each:%Y}" if step >= 12 else f"{each:%Y-%m}") for each in days]


def _risk_panel(axes: Axes, p: _Picture) -> None:
    axes.set_ylim(0, 100)
    axes.set_yticks(range(0, 101, 25), [f"{k} %" for k in range(0, 101, 25)])
    axes.set_title("Cumulative risk of augmentation", loc="left", fontsize=10, color=_INK, pad=20)
    if p.behind:
        days = [_day(each.day) for each in p.behind]
        low, high = [each.low95 for each in p.behind], [each.high95 for each in p.behind]
        axes.fill_between(days, low, high, facecolor=_BEHIND_BAND, edgecolor=_BEHIND, linewidth=0.6)
        axes.plot(days, [each.median for each in p.behind], color=_BEHIND, linewidth=2.2, zorder=3)
        axes.plot(days, [each.lower_median for each in p.behind], color=_BEHIND, linewidth=1.2, zorder=3)
        axes.plot(days[-1:], [p.behind[-1].median], color=_BEHIND, marker="o", markersize=6, zorder=5, clip_on=False)
    if p.ahead:
        days = [_day(p.as_of), *(_day(each.day) for each in p.ahead)]
        low, high = [0.0, *(each.low95 for each in p.ahead)], [0.0, *(each.high95 for each in p.ahead)]
        axes.fill_between(days, low, high, facecolor=_AHEAD_BAND, edgecolor=_AHEAD_HATCH, linewidth=0.6, hatch="////")
        axes.plot(days, [0.0, *(each.median for each in p.ahead)], color=_AHEAD, linewidth=2.2, linestyle=_DASHED, zorder=3)
        axes.plot(days, [0.0, *(each.lower_median for each in p.ahead)], color=_AHEAD, linewidth=1.2, linestyle=_DASHED, zorder=3)
        _label_ahead(axes, p)
    if p.behind:
        _label_behind(axes, p)
    _label_today(axes, p)


def _label_today(axes: Axes, p: _Picture) -> None:
    at = (_day(p.as_of) - _day(p.begin)) / (_day(p.end) - _day(p.begin))
    side = "left" if at < 0.1 else "right" if at > 0.9 else "center"
    axes.text(at, 1.015, f"today {p.as_of}", transform=axes.transAxes, ha=side, va="bottom", fontsize=9, fontweight="bold", color=_INK)


def _label_behind(axes: Axes, p: _Picture) -> None:
    """The risk to date in words, with the mark that the end of the curve has."""
    last = p.behind[-1]
    text = f"● to date: {median_words(last.lower_median, last.median)} %\n{_interval(last)}\n({_INTERVAL})"
    label = axes.text(_day(p.as_of), 0, text, va="bottom", fontsize=9.5, color=_BEHIND, linespacing=1.15, bbox=_CLEAR, zorder=6)
    x, y, side = _place(p, *_measure(axes, label))
    label.set_position((x, y))
    label.set_horizontalalignment(side)


def _place(p: _Picture, width: float, height: float) -> tuple[float, float, Literal["left", "right"]]:
    """Where the words on the risk to date are clear of the bands, which rise with time; else at the top, over them.

    Tried in turn: above the end of the band, below it, the left upper corner, and right of today.
    """
    begin, today, end = _day(p.begin), _day(p.as_of), _day(p.end)
    gap, most = (end - begin) / 100, 97 - height
    if today - begin < width + 2 * gap:
        above = max(p.behind[-1].high95, _highest(p.ahead, today + 2 * gap + width)) + 3
        return today + 2 * gap, min(above, most), "left"
    if (above := p.behind[-1].high95 + 3) <= most:
        return today - gap, above, "right"
    if (below := _lowest(p.behind, today - gap - width) - height - 4) >= 2:
        return today - gap, below, "right"
    if _highest(p.behind, begin + gap + width) + 3 <= most:
        return begin + gap, most, "left"
    return today - gap, most, "right"


def _highest(points: Sequence[CurvePoint], day: float) -> float:
    """The upper end of a rising band up to a day."""
    return next((each.high95 for each in points if _day(each.day) >= day), points[-1].high95 if points else 0.0)


def _lowest(points: Sequence[CurvePoint], day: float) -> float:
    """The lower end of a rising band from a day on."""
    return next((each.low95 for each in reversed(points) if _day(each.day) <= day), 0.0)


def _label_ahead(axes: Axes, p: _Picture) -> None:
    """Right of the end of the curve, outside the panel."""
    risks = [f"{when}: {median_words(point.lower_median, point.median)} %\n{_interval(point)}" for when, point in _horizons(p)]
    text = "\n".join(("from today, counted", "anew from 0, if there", "is none so far:", *risks, f"({_INTERVAL})"))
    at = min(max(p.ahead[-1].median / 100, 0.3), 0.7)
    axes.text(1.02, at, text, transform=axes.transAxes, ha="left", va="center", fontsize=9.5, color=_AHEAD_TEXT, linespacing=1.15)


def _measure(axes: Axes, label: Text) -> tuple[float, float]:
    """Width and height of a text in units of the axes, days and percent, with some room for another font."""
    box = label.get_window_extent().transformed(axes.transData.inverted())
    return box.width * 1.1, box.height


def _dose_panel(axes: Axes, p: _Picture) -> None:
    today, now = _day(p.as_of), (p.ahead or p.behind[-1:])[0].dose_ratio
    top = max(1.0, *(each.dose_ratio for each in (*p.behind, *p.ahead))) * 1.45
    axes.set_ylim(0, top)
    axes.set_title("Daily dose as a multiple of the ceiling, the most that the history allows", loc="left", fontsize=10, color=_INK, pad=5)
    axes.axhline(1, color=_INK, linewidth=1.2, linestyle=":")
    if p.behind:
        doses = [each.dose_ratio for each in p.behind]
        days = [*(_day(each.day) for each in p.behind), today]
        axes.step(days, [*doses, doses[-1]], where="post", color=_INK, linewidth=2, clip_on=False)
    if p.ahead:
        doses = [each.dose_ratio for each in p.ahead]
        axes.step(
            [today, *(_day(each.day) for each in p.ahead)],
            [now, *doses],
            where="post",
            color=_INK,
            linewidth=2,
            linestyle=_DASHED,
            clip_on=False,
        )
    axes.plot([today], [now], color=_INK, marker="o", markersize=5, zorder=5, clip_on=False)
    _label_steps(axes, p, top)
    _label_ceiling(axes, now, top)


def _label_steps(axes: Axes, p: _Picture, top: float) -> None:
    """The dose above each step that is wide enough for its figure."""
    runs = [list(run) for _, run in groupby(p.behind, key=lambda each: each.dose_ratio)]
    for run, after in zip_longest(runs, runs[1:]):
        end = after[0].day if after else p.as_of
        if (end - run[0].day).days >= 0.06 * (p.end - p.begin).days:
            middle = (_day(run[0].day) + _day(end)) / 2
            dose = run[0].dose_ratio
            words = f"{_times(dose)} ×" if dose else "none"
            axes.text(middle, dose + 0.05 * top, words, ha="center", va="bottom", fontsize=9, color=_INK, bbox=_CLEAR)


def _label_ceiling(axes: Axes, now: float, top: float) -> None:
    """Right of the panel: the ceiling and the dose now, kept apart."""
    dose = f"now {_times(now)} ×" if now else "none now"
    if abs(now - 1) < 0.005:
        labels = [(1.0, f"{dose} = the ceiling")]
    else:
        (low, under), (high, over) = sorted([(now, dose), (1.0, "ceiling (1 ×)")])
        low = max(low, 0.06 * top)
        labels = [(low, under), (max(high, low + 0.2 * top), over)]
    for at, words in labels:
        axes.text(1.02, at / top, words, transform=axes.transAxes, ha="left", va="center", fontsize=9.5, color=_INK)


def _day(day: date) -> float:
    return float(day.toordinal())


# ---- the files ---------------------------------------------------------------------------------------------------------
def _save(figure: Figure, form: str) -> bytes:
    out = io.BytesIO()
    if form == "png":
        figure.savefig(out, format="png", dpi=144, metadata={"Software": None})
    else:
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return out.getvalue()


def _described(drawn: bytes, title: str, description: str) -> bytes:
    """The SVG with title and description, its one style rule as an attribute of the root, and without a document type."""
    text = drawn.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>", "", text, count=1)
    root, rest = text.split(">", 1)
    root += ' role="img" aria-labelledby="chart-title chart-desc" style="stroke-linejoin: round; stroke-linecap: butt"'
    words = f'\n <title id="chart-title">{escape(title)}</title>\n <desc id="chart-desc">{escape(description)}</desc>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}>{words}{rest}'.encode()
