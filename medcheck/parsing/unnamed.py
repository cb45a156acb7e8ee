"""Words that speak of a medicine without naming it: they must not pass as read; knows no drug."""

from __future__ import annotations

from medcheck.text import lazy_pattern

_HINTS = ("thing", "stuff", "another", "__", "??", "whatever", "other ")
_UNNAMED = lazy_pattern(
    r"""(?ix)
    \b(?:something|whatever)\s(?:else\s)?(?:otc\s|over\sthe\scounter\s|she\s\w+\s|he\s\w+\s)?(?:for|to\shelp)\s\w+(?:\s\w+)?
    | \b(?:some|sleep|sleeping|cold|herbal|allergy|otc|pain)\s(?:\w+\s)?stuff\b(?:\sotc)?
    | \b(?:another|some\sother|one\sother|a\ssecond)\s(?:\w+\s)?
      (?:tablet|tab|pill|capsule|med|medicine|medication|patch|drug|one\sfor\s\w+)\b
      (?!\s(?:after|in|at|if|every|later|when|as|before|on))
    | (?:_{2,}|\?{2,})\s*\d[\d.,]*\s?(?:mg|mcg|g|ml|tabs?|caps?)\b[^,;|\n]{0,20}
    """
)


def unnamed(text: str, begin: int = 0) -> list[tuple[int, int]]:
    """Where a text speaks of a medicine that it does not name: "something for sleep", "another tablet", "____ 25 mg".

    >>> [text[a:b] for text in ["lisinopril 10 mg + another tablet"] for a, b in unnamed(text)]
    ['another tablet']
    """
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return []
    return [m.span() for m in _UNNAMED.finditer(text, begin)]
