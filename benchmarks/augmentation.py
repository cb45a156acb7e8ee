"""How long an assessment takes, by history, against a loop of as many exponentials in the same run: `python benchmarks/augmentation.py`."""

from __future__ import annotations

import math
import platform
import statistics
import sys
import time
from datetime import date

from medcheck import load_formulary
from medcheck.augmentation import Change, assess
from medcheck.domain import Exposure, PartialDate, PatientFacts, Period, Status

AS_OF = date(2026, 11, 25)
RUNS = 200


def _day(year: int, month: int = 1, day: int = 1) -> PartialDate:
    return PartialDate(date(year, month, day), date(year, month, day))


def _taken(drug: str, dose: float | None, began: PartialDate | None, ended: PartialDate | None = None) -> Exposure:
    return Exposure(drug, dose, dose, Period(began, ended), Status.ACTIVE if ended is None else Status.STOPPED, 1, current=ended is None)


HISTORIES = {
    "one dose": [_taken("pramipexole", 0.25, _day(2023))],
    "three doses and a gap": [
        _taken("pramipexole", 0.125, _day(2016), _day(2018)),
        _taken("pramipexole", 0.25, _day(2018), _day(2020)),
        _taken("pramipexole", 0.5, _day(2021)),
    ],
    "two medicines, dates by year": [
        _taken("ropinirole", 2.0, PartialDate(date(2019, 1, 1), date(2019, 12, 31))),
        _taken("levodopa", 100.0, PartialDate(date(2024, 1, 1), date(2024, 12, 31))),
    ],
    "dose and start not known": [_taken("rotigotine", None, None)],
    "twelve prescriptions": [_taken("ropinirole", 0.25 * k, _day(2012 + k), _day(2013 + k)) for k in range(1, 12)]
    + [_taken("ropinirole", 4.0, _day(2024))],
}
FACTS = PatientFacts(ferritin_ug_per_l=30.0, prior_augmentation=True)


def _median_ms(run: object) -> tuple[float, float]:
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run()  # type: ignore[operator]
        times.append(1000 * (time.perf_counter() - begun))
    times.sort()
    return statistics.median(times), times[int(0.95 * len(times))]


def main() -> None:
    """Print median and 95th percentile of each history."""
    formulary = load_formulary()
    data = formulary.augmentation()
    dosing = {name: e.dosing for name, e in formulary.ingredients.items() if e.dosing is not None}
    values = [k / 1000 for k in range(1000)]
    base, _ = _median_ms(lambda: [math.exp(v) for v in values])
    print(f"{date.today().isoformat()}, {platform.processor() or platform.machine()}, CPython {sys.version.split()[0]}")
    print(f"1,000 exponentials in a list: {base:.3f} ms")
    for name, history in HISTORIES.items():
        for facts, words in ((PatientFacts(), "no facts"), (FACTS, "ferritin and earlier augmentation")):
            middle, high = _median_ms(lambda h=history, f=facts: assess(h, f, dosing, data, AS_OF))
            print(f"{name}, {words}: median {middle:.2f} ms ({middle / base:.0f} times the base), 95th percentile {high:.2f} ms")
    middle, high = _median_ms(lambda: assess(HISTORIES["one dose"], FACTS, dosing, data, AS_OF, what_if=[Change("ferritin", 100.0)]))
    print(f"one dose with one what-if: median {middle:.2f} ms, 95th percentile {high:.2f} ms")


if __name__ == "__main__":
    main()
