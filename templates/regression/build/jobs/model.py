"""The model itself: what data scientists change next."""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PENALTIES = np.logspace(-2, 3, 51)


def estimator() -> Pipeline:
    """Ridge regression on standardised numbers and one-hot words; leave-one-out on the training rows sets the penalty.

    Gaps in numbers are filled with the median. Words that were not there while it learned count for nothing.
    """
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("words", words, make_column_selector(dtype_exclude="number")),
        ]
    )
    return make_pipeline(columns, RidgeCV(alphas=PENALTIES))
