"""The picture: the same bytes each time, well-formed, described for a screen reader, and never other numbers than its table."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from medcheck.assessment import CurvePoint
from medcheck.augmentation import curve
from medcheck.augmentation.hazard import Factors
from medcheck.charts import HEADER, NOT_REVIEWED, NOTICE, alternative_text, risk_chart, risk_table
from medcheck.domain import Exposure, Formulary, PartialDate, Period, Status
from medcheck.errors import InputError

TODAY = date(2026, 10, 1)
TITLE = "Risk of augmentation"
SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"


def _points(behind: Sequence[tuple[date, float, float]], ahead: Sequence[tuple[date, float, float]] = ()) -> tuple[CurvePoint, ...]:
    rows = [(row, False) for row in behind] + [(row, True) for row in ahead]
    return tuple(CurvePoint(day, is_ahead, dose, risk, risk / 2, min(100.0, risk * 2)) for (day, dose, risk), is_ahead in rows)


AHEAD = [(date(2027, 4, 1), 1.5, 6.0), (date(2027, 10, 1), 1.5, 12.0), (date(2028, 10, 1), 1.5, 22.0)]
USUAL = _points([(date(2022, 10, 1), 0.5, 0), (date(2024, 10, 1), 1.5, 20.4), (TODAY, 1.5, 35)], AHEAD)
CASES = {
    "usual": USUAL,
    "one point": _points([(TODAY, 1, 0)]),
    "one point ahead": _points([], AHEAD[:1]),
    "nothing behind": _points([], AHEAD),
    "begun today": _points([(TODAY, 0.125, 0)], AHEAD),
    "yesterday": _points([(date(2026, 9, 30), 0.25, 0), (TODAY, 0.25, 0.01)], AHEAD),
    "no risk": _points([(date(2020, 1, 1), 0, 0), (TODAY, 0, 0)], [(date(2027, 10, 1), 0, 0)]),
    "certain": _points([(date(2020, 1, 1), 9, 100), (TODAY, 9, 100)], [(date(2027, 10, 1), 9, 100)]),
    "short and certain": _points([(date(2026, 9, 1), 9, 100), (TODAY, 9, 100)], [(date(2027, 10, 1), 9, 100)]),
    "forty years": _points([(date(1986, 2, 28), 1, 0), (date(2000, 2, 29), 40, 60), (TODAY, 0.001, 90)], AHEAD),
    "no room": _points([(date(2005, 1, 1), 1, 44), (TODAY, 1, 44)], AHEAD),
    "little now": _points([(date(2020, 1, 1), 40, 0), (date(2022, 1, 1), 0.5, 60), (TODAY, 0.5, 70)], [(date(2027, 10, 1), 0.5, 3)]),
    "nothing now": _points([(date(2024, 1, 1), 2, 0), (date(2025, 1, 1), 0, 20), (TODAY, 0, 21)], [(date(2027, 10, 1), 0, 2)]),
    "many steps": _points([(date(2020 + k // 12, 1 + k % 12, 1), k % 5 / 2, k) for k in range(80)], AHEAD),
    "ahead near": _points([(TODAY, 1, 0)], [(date(2026, 10, 9), 1, 1)]),
}
each_case = pytest.mark.parametrize("points", CASES.values(), ids=CASES)


def draw(points: tuple[CurvePoint, ...], title: str = TITLE, conditional: str = "", form: str = "svg", not_reviewed: bool = True) -> bytes:
    return risk_chart(points, title=title, conditional=conditional, as_of=TODAY, form=form, not_reviewed=not_reviewed)


def words(svg: bytes) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own output


@pytest.fixture(scope="module")
def history(formulary: Formulary) -> tuple[CurvePoint, ...]:
    """Two doses, a gap and a third dose over eight years, one of the dates known to the year."""

    def exposure(dose: float, started: tuple[date, date], stopped: date | None) -> Exposure:
        period = Period(PartialDate(*started), PartialDate(stopped, stopped) if stopped else None)
        status = Status.STOPPED if stopped else Status.ACTIVE
        return Exposure("pramipexole", dose, dose, period, status, 1, current=stopped is None)

    told = [
        exposure(0.25, (date(2018, 1, 1), date(2018, 12, 31)), date(2020, 5, 1)),
        exposure(0.5, (date(2020, 5, 1), date(2020, 5, 1)), date(2022, 3, 1)),
        exposure(1.0, (date(2023, 6, 1), date(2023, 6, 1)), None),
    ]
    dosing = {k: v.dosing for k, v in formulary.ingredients.items() if v.dosing}
    return curve(told, Factors(), dosing, formulary.augmentation(), TODAY)


# ---- the files ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["svg", "png"])
@each_case
def test_the_same_points_give_the_same_bytes(points: tuple[CurvePoint, ...], form: str) -> None:
    assert draw(points, form=form) == draw(points, form=form)


def test_another_process_and_other_threads_give_the_same_bytes() -> None:
    code = (
        "import sys; from tests.test_charts import USUAL, draw; import matplotlib; matplotlib.rcParams['lines.linewidth'] = 9; "
        "sys.stdout.buffer.write(draw(USUAL))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(draw, [USUAL] * 8))
    assert {other, *drawn} == {draw(USUAL)}


@each_case
def test_svg_is_well_formed_and_described(points: tuple[CurvePoint, ...]) -> None:
    svg = draw(points, conditional="if taken for RLS")
    root = ET.fromstring(svg)  # noqa: S314 - our own output
    title, description = root[0], root[1]
    assert (root.tag, root.get("role"), title.tag, description.tag) == (f"{SVG}svg", "img", f"{SVG}title", f"{SVG}desc")
    assert (root.get("aria-labelledby") or "").split() == [title.get("id"), description.get("id")]
    assert title.text == "Risk of augmentation (if taken for RLS)"
    assert description.text == alternative_text(points, title=title.text, as_of=TODAY)
    assert not [e.tag for e in root.iter() if e.tag.split("}")[-1] in ("style", "script", "metadata", "date", "foreignObject", "image")]
    assert b"<!DOCTYPE" not in svg
    assert b"Matplotlib" not in svg


@each_case
def test_no_words_leave_the_picture_or_stand_on_others(points: tuple[CurvePoint, ...]) -> None:
    from matplotlib.text import Text

    from medcheck.charts import _draw, _matplotlib, _picture

    with _matplotlib():
        figure = _draw(_picture(points, TODAY), f"{TITLE} (if taken for RLS)", f"{NOTICE} {NOT_REVIEWED}")
        figure.canvas.draw()
        found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text()]
        top = figure.axes[1].get_ylim()[1]
        hidden = [*figure.axes[0].get_xticklabels(), *(t for t in figure.axes[1].get_yticklabels() if t.get_position()[1] > top)]
        boxes = [(t.get_text(), t.get_window_extent()) for t in found if t not in hidden]
    for i, (text, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text
        assert [other for other, its in boxes[i + 1 :] if box.overlaps(its)] == [], text


def test_png() -> None:
    png = draw(USUAL, form="png")
    assert png.startswith(PNG)
    assert b"Matplotlib" not in png
    density = png.index(b"pHYs") + 4
    assert round(int.from_bytes(png[density : density + 4]) * 0.0254) == 144


# ---- words -------------------------------------------------------------------------------------------------------------
def test_what_the_picture_says() -> None:
    said = "\n".join(words(draw(USUAL, conditional="if taken for RLS")))
    for expected in (
        "(if taken for RLS)",
        "today 2026-10-01",
        "to date: 35 %",
        "18 to 70 %",
        "from today",
        "in 12 months: 12 %",
        "now 1.5 ×",
    ):
        assert expected in said
    assert said.count("(95 % of studies)") == 2
    assert f"{NOTICE} {NOT_REVIEWED}" in said


def test_a_reviewed_picture_keeps_the_notice() -> None:
    said = words(draw(USUAL, not_reviewed=False))
    assert NOTICE in said
    assert not any(NOT_REVIEWED in each for each in said)


@pytest.mark.parametrize("conditional", ["", "if taken for RLS"])
@pytest.mark.parametrize("title", ["", "a $x$ <b> & \"b\" ]]> \x00\x0b\ud800 'c'\r\n\td", "word " * 90, "x" * 400])
def test_any_title_is_drawn_and_never_loses_its_condition(title: str, conditional: str) -> None:
    svg = draw(USUAL, title=title, conditional=conditional)
    root = ET.fromstring(svg)  # noqa: S314 - our own output
    assert conditional in (root[0].text or "")
    assert conditional in " ".join(words(svg))


def test_alternative_text() -> None:
    assert alternative_text(USUAL, title=TITLE, as_of=TODAY) == (
        "Risk of augmentation, 2022-10-01 to 2028-10-01, dose at most 0.5 to 1.5 times the ceiling, now 1.5. "
        "Cumulative risk to date 35 % (95 % of studies: 18 to 70 %). Counted anew from today, 2026-10-01, if there is none so far: "
        "in 12 months 12 % (6 to 24 %) and in 24 months 22 % (11 to 44 %)."
    )


def test_alternative_text_without_a_horizon_names_the_day() -> None:
    assert "by 2026-10-09 1 % (<1 to 2 %)." in alternative_text(CASES["ahead near"], title=TITLE, as_of=TODAY)


# ---- the table ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "<1"), (0.99, "<1"), (1, "1"), (1.4, "1"), (49.6, "50"), (98.6, "99"), (99, "99"), (99.01, ">99"), (100, ">99")],
)
def test_percent(value: float, expected: str) -> None:
    assert risk_table([CurvePoint(TODAY, False, 1, value, value, value)])[1][3:] == (expected,) * 3


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0, "0"), (0.001, "<0.01"), (0.125, "0.12"), (1, "1"), (1.5, "1.5"), (10, "10"), (100, "100")]
)
def test_dose(ratio: float, expected: str) -> None:
    assert risk_table([CurvePoint(TODAY, False, ratio, 1, 1, 1)])[1][2] == expected


@each_case
def test_the_table_holds_each_point(points: tuple[CurvePoint, ...]) -> None:
    header, *rows = risk_table(points)
    assert header == HEADER
    assert [(row[0], row[1]) for row in rows] == [(p.day.isoformat(), "ahead" if p.ahead else "behind") for p in points]
    for row, p in zip(rows, points, strict=True):
        for shown, value in zip(row[3:], (p.median, p.low95, p.high95), strict=True):
            number = float(shown.lstrip("<>"))
            assert value < 1 if shown == "<1" else value > 99 if shown == ">99" else abs(number - value) <= 0.5


def test_a_real_history(history: tuple[CurvePoint, ...]) -> None:
    svg = draw(history)
    said = "\n".join(words(svg))
    now = next(row for row in reversed(risk_table(history)) if row[1] == "behind")
    last = risk_table(history)[-1]
    assert f"to date: {now[3]} %" in said
    assert f"{now[4]} to {now[5]} %" in said
    assert f"in 24 months: {last[3]} %" in said
    assert f"{last[4]} to {last[5]} %" in said
    assert draw(history) == svg


# ---- errors and manners ------------------------------------------------------------------------------------------------
def test_no_points() -> None:
    for ask in (lambda: draw(()), lambda: risk_table(()), lambda: alternative_text((), title=TITLE, as_of=TODAY)):
        with pytest.raises(InputError, match="nothing to draw"):
            ask()


def test_unknown_form() -> None:
    with pytest.raises(InputError, match="svg or png, not 'pdf'"):
        draw(USUAL, form="pdf")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'medcheck\[plot\]'"):
        draw(USUAL)
    assert len(risk_table(USUAL)) == len(USUAL) + 1


def test_import_loads_no_matplotlib_and_drawing_no_pyplot() -> None:
    code = (
        "import sys, medcheck.charts; assert not {'matplotlib', 'numpy'} & set(sys.modules); "
        "from tests.test_charts import USUAL, draw; draw(USUAL); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_settings_of_the_caller_stay_and_do_not_matter(form: str) -> None:
    import matplotlib

    before = draw(USUAL, form=form)
    with matplotlib.rc_context({"lines.linewidth": 7, "font.size": 30, "svg.fonttype": "path", "axes.grid": True, "savefig.dpi": 50}):
        settings = dict(matplotlib.rcParams.copy())
        assert draw(USUAL, form=form) == before
        assert dict(matplotlib.rcParams.copy()) == settings
