"""What the ingredients of a product say about the figures in its dose instruction; knows no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medcheck.domain import Formulary
from medcheck.parsing.clause import Product
from medcheck.value import Value

_SINGLE, _COMBINED, _UNKNOWN = Product(ingredients=1), Product(ingredients=2), Product()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProductFigures(Value):
    """The drug of which the larger figure of a pair counts, and how products with it are named by one figure."""

    larger: str
    third: str  # the ingredient with which the figure alone is the drug itself ("Stalevo 100")
    two: Product
    three: Product

    def of(self, ingredients: Sequence[str]) -> Product:
        """What is known of a product with these ingredients; empty: not known."""
        if self.larger not in ingredients:
            return (_UNKNOWN, _SINGLE)[len(ingredients)] if len(ingredients) < 2 else _COMBINED
        if len(ingredients) == 1:
            return Product(larger_of_pair=True, ingredients=1)
        return self.three if self.third in ingredients else self.two


def product_figures(formulary: Formulary) -> ProductFigures:
    """The figures of levodopa products, from the formulary's dosing of levodopa."""
    entry = formulary.ingredients.get("levodopa")
    dosing = None if entry is None else entry.dosing
    two = (
        ()
        if dosing is None
        else tuple(zip(dosing.product_figures, dosing.product_figures_min_mg, dosing.product_figures_max_mg, strict=True))
    )
    three = () if dosing is None else tuple((figure, figure, figure) for figure in dosing.entacapone_product_figures)
    return ProductFigures("levodopa", "entacapone", Product(True, 2, two), Product(True, 3, three))
