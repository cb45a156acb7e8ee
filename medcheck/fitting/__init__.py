"""Study arms -> coefficients of the augmentation model and their calibration; needs numpy and scipy (the `fit` extra); never run-time."""

from medcheck.fitting.calibration import Prediction, Score, baselines, leave_one_study_out, predicted, score
from medcheck.fitting.coefficients import coefficients
from medcheck.fitting.posterior import Posterior, Variant, fit
from medcheck.fitting.run import Fitted, run

__all__ = [
    "Fitted",
    "Posterior",
    "Prediction",
    "Score",
    "Variant",
    "baselines",
    "coefficients",
    "fit",
    "leave_one_study_out",
    "predicted",
    "run",
    "score",
]
