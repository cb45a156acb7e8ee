"""What the ingredients of a product say about the figures in its dose instruction; knows no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medcheck.domain import FigureRule, Formulary
from medcheck.parsing.clause import Product
from medcheck.value import Value

_SINGLE, _COMBINED, _UNKNOWN = Product(ingredients=1), Product(ingredients=2), Product()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProductFigures(Value):
    """The drug of which the larger figure of a pair counts, how products with it are named by one figure, and what is told of others."""

    larger: str
    third: str  # the ingredient with which the figure alone is the drug itself ("Stalevo 100")
    two: Product
    three: Product
    told: Mapping[tuple[str, ...], Product]  # by ingredients, sorted

    def of(self, ingredients: Sequence[str]) -> Product:
        """What is known of a product with these ingredients; empty: not known."""
        if self.larger not in ingredients:
            told = self.told.get(tuple(ingredients) if len(ingredients) < 2 else tuple(sorted(ingredients)))
            if told is not None:
                return told
            return (_UNKNOWN, _SINGLE)[len(ingredients)] if len(ingredients) < 2 else _COMBINED
        if len(ingredients) == 1:
            return Product(larger_of_pair=True, ingredients=1)
        return self.three if self.third in ingredients else self.two


def product_figures(formulary: Formulary) -> ProductFigures:
    """The figures of levodopa products, from the formulary's dosing of levodopa, and of others, from its rules of figures."""
    entry = formulary.ingredients.get("levodopa")
    dosing = None if entry is None else entry.dosing
    two = (
        ()
        if dosing is None
        else tuple(zip(dosing.product_figures, dosing.product_figures_min_mg, dosing.product_figures_max_mg, strict=True))
    )
    three = () if dosing is None else tuple((figure, figure, figure) for figure in dosing.entacapone_product_figures)
    told = {tuple(sorted(rule.ingredients.split(" + "))): _told(rule) for rule in formulary.figure_rules}
    return ProductFigures("levodopa", "entacapone", Product(True, 2, two), Product(True, 3, three), told)


def _told(rule: FigureRule) -> Product:
    if rule.kind == "intakes":
        return Product(ingredients=1, intakes=(rule.value_min or 0.0, rule.value_max or 0.0))
    return Product(ingredients=2, named_first=rule.kind)
