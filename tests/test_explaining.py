"""Every reading can be explained, and explaining changes none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medcheck.matching.explaining import explain, unread_words
from medcheck.reviewing import Tools
from medcheck.text import tokenise


@pytest.mark.parametrize(
    ("text", "piece", "how", "reason"),
    [
        ("Zoloft 50 mg", "Zoloft", "exact", "an exact name: brand of the formulary (us"),
        ("metformin 500", "metformin", "exact", "an exact name: the background vocabulary"),
        ("quetiepine 25 mg", "quetiepine", "misspelt", "quetiapine has 0.94, nothing else is near"),
        ("clozidine", "clozidine", "question", "clonidine has a look-alike nearly as near"),
        ("hydraxyzine", "hydraxyzine", "question", "look-alike"),
        ("lex a pro", "lex a pro", "misspelt", "written as three words"),
        ("Unisom", "Unisom", "question", "Which Unisom?"),
        ("Bramwell PM", "Bramwell PM", "product", "sedating antihistamine"),
        ("50 mg", "50", "number", "a figure"),
        ("50 mg", "mg", "structure", "instructions"),
        ("with breakfast", "breakfast", "ordinary", "an ordinary word"),
        ("lithium battery", "lithium", "not_a_drug", "no medicine here"),
        ("xqz", "xqz", "short", "too short"),
        ("bramwellolex", "bramwellolex", "unread", "no name is near enough"),
        ("advilx", "advilx", "misspelt", "advil has"),
        ("oracepam", "oracepam", "unread", "not sure enough, and nothing that it could be is flagged"),
    ],
)
def test_the_reason_is_told(text: str, piece: str, how: str, reason: str, tools: Tools) -> None:
    told = next(e for e in explain(text, tools.index) if e.text == piece)
    assert told.how == how
    assert reason in told.reason


def test_candidates_are_told_best_first(tools: Tools) -> None:
    (told,) = explain("clozidine", tools.index)
    scores = [c.reading.score for c in told.candidates]
    assert scores == sorted(scores, reverse=True)
    assert {"clonidine", "clozapine"} <= {c.reading.name for c in told.candidates}
    assert all(c.edits >= 1 for c in told.candidates)


PIECES = st.sampled_from("Zoloft quetiepine 25 mg lex a pro Unisom PM clozidine xqz battery lithium ( ) / , zоloft 1ithium Ｐaxil".split())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=10).map(" ".join))
def test_every_token_is_explained_once_and_mentions_are_those_of_reading(tools: Tools, text: str) -> None:
    pieces = explain(text, tools.index)
    assert [(p.start, p.end) for p in pieces] == sorted((p.start, p.end) for p in pieces)
    spotted = tools.index.spot(tokenise(text))
    assert [p.match for p in pieces if p.match is not None] == [m.match for m in spotted]
    covered = {k for p in pieces for k in range(p.start, p.end)}
    tokens = tokenise(text)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        a, b = tokens.folded.origin(start, end)
        assert set(range(a, b)) <= covered


def test_unread_words_are_counted_commonest_first(tools: Tools) -> None:
    lines = ["bramwellolex 5 mg", "Zoloft, Bramwellolex", "clozidine", "clozidine", "clozidine 25", "sertraline 50 mg"]
    told = [(u.word, u.count, u.how) for u in unread_words(lines, tools.index)]
    assert told == [("clozidine", 3, "question"), ("bramwellolex", 2, "unread")]


def test_the_command_explains(run: Callable[..., Result]) -> None:
    lines = run("match", "--explain", input="quetiepine 25 mg\n").output.splitlines()
    assert lines[0].startswith("quetiapine\tingredient\tmisspelling\t0.94")
    assert lines[1].strip().startswith('"quetiepine" -> quetiapine: misspelt, quetiapine has 0.94')
    assert lines[2].strip() == "passed over: 25, mg"
    told = json.loads(run("match", "--json", "--explain", input="quetiepine 25 mg\n").output)["explanation"]
    assert [(p["text"], p["how"]) for p in told] == [("quetiepine", "misspelt"), ("25", "number"), ("mg", "structure")]
    assert told[0]["candidates"][0]["name"] == "quetiapine"


def test_the_command_reports_unread_words(run: Callable[..., Result]) -> None:
    text = "bramwellolex 5mg\nzoloft\nbramwellolex\nclozidine\n"
    assert run("match", "--unread", input=text).output.splitlines()[0] == "2\tbramwellolex\tunread\tno name is near enough"
    assert len(run("match", "--unread", "--top", "1", input=text).output.splitlines()) == 1
    told = [json.loads(line) for line in run("match", "--unread", "--jsonl", input=text).output.splitlines()]
    assert [(t["text"], t["count"]) for t in told] == [("bramwellolex", 2), ("clozidine", 1)]
    assert told[1]["candidates"][0]["name"] == "clonidine"
