"""Words that speak of a medicine without its name are never passed over."""

from __future__ import annotations

import pytest

from medcheck import review_text
from medcheck.parsing.unnamed import unnamed


@pytest.mark.parametrize(
    "text",
    [
        "lisinopril 10 mg; takes some sleep stuff OTC",
        "lisinopril 10 mg. Nothing else except something for sleep.",
        "lisinopril 10 mg + another tablet",
        "lisinopril 10 mg, ____ 25 mg qhs",
        "lisinopril 10 mg / ??? 25 mg",
        "lisinopril 10 mg and something she takes for nausea",
        "lisinopril 10 mg\nsomething for nausea",
        "lisinopril 10 mg\nキネダック",
        "lisinopril 10 mg\nΖολοφτ 50",
        "lisinopril 10 mg\nМотилиум 10 мг 3 раза",
        "lisinopril 10 mg\nフルオキセチン 20mg 毎日",
    ],
)
def test_it_is_told_as_not_recognised_and_nothing_is_clear(text: str) -> None:
    result = review_text(text)
    assert result.unrecognised
    assert not result.summary.all_clear
    assert [s.dosage.daily_dose_mg_max for s in result.statements][:1] in ([None], [10.0])


@pytest.mark.parametrize(
    "text",
    [
        "lisinopril 10 mg for something",
        "sumatriptan 50 mg, may take another tablet after 2 hours",
        "she has another appointment",
        "stuffy nose",
        "denies taking anything for sleep",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert unnamed(text) == []
