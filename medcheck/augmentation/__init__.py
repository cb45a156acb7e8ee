"""Exposures to dopaminergics -> how likely augmentation is, whether it is there, and what there is to discuss. Standard library only.

Attributes load late: a review needs `assess` alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medcheck.augmentation.arms import ArmPrediction, predict_arm
    from medcheck.augmentation.assessing import Change, assess
    from medcheck.augmentation.curves import curve
    from medcheck.augmentation.hazard import Factors

__all__ = ["ArmPrediction", "Change", "Factors", "assess", "curve", "predict_arm"]
# Modules are not named as their functions: importing one would hide the other.
_WHERE = {
    "ArmPrediction": "arms",
    "predict_arm": "arms",
    "Change": "assessing",
    "assess": "assessing",
    "curve": "curves",
    "Factors": "hazard",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"medcheck.augmentation.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'medcheck.augmentation' has no attribute {name!r}")
