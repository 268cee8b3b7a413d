"""Refining, on real measurements."""

import pandas as pd
import pytest
from measurements.refine import REASON, refine
from measurements.schema import COLUMNS, KEY


def test_real_measurements_are_kept_with_types_and_units(raw: pd.DataFrame) -> None:
    kept, rejected = refine(raw)
    assert len(kept) == 442
    assert rejected.empty
    assert list(kept.columns) == [column.name for column in COLUMNS]
    assert kept["sex"].value_counts().to_dict() == {"F": 235, "M": 207}
    assert kept["progression"].mean() == pytest.approx(152.13, abs=0.01)
    assert str(kept["age"].dtype) == "int64"


def test_headers_and_cells_may_have_blanks_and_capitals(raw: pd.DataFrame) -> None:
    untidy = raw.rename(columns=lambda name: f" {name.upper()} ").apply(lambda column: " " + column + " ")
    pd.testing.assert_frame_equal(refine(untidy).kept, refine(raw).kept)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("age", "218", "age"),
        ("age", "48.5", "age"),
        ("age", "", "age"),
        ("sex", "unknown", "sex"),
        ("bmi", "n/a", "bmi"),
        ("bp", "-1", "blood_pressure"),
        ("record_id", "0", "record_id"),
    ],
)
def test_a_row_that_cannot_be_is_rejected_with_its_reason(
    raw: pd.DataFrame, column: str, value: str, says: str
) -> None:
    raw.loc[7, column] = value
    kept, rejected = refine(raw)
    assert len(kept) == 441
    assert rejected[REASON].str.startswith(says).tolist() == [True]
    assert rejected[column].tolist() == [value]


def test_a_record_that_is_delivered_again_replaces_the_first(raw: pd.DataFrame) -> None:
    again = raw.iloc[[4]].assign(target="77")
    kept, rejected = refine(pd.concat([raw, again]))
    assert len(kept) == 442
    assert kept.set_index(KEY).loc[5, "progression"] == 77
    assert rejected["target"].tolist() == [raw.loc[4, "target"]]


def test_a_wrong_correction_does_not_remove_what_was_right(raw: pd.DataFrame) -> None:
    again = raw.iloc[[4]].assign(bmi="0")
    kept, rejected = refine(pd.concat([raw, again]))
    assert 5 in set(kept[KEY])
    assert rejected["bmi"].tolist() == ["0"]


def test_no_row_is_lost(raw: pd.DataFrame) -> None:
    raw.loc[::3, "s5"] = "?"
    kept, rejected = refine(pd.concat([raw, raw.head(50)]))
    assert len(kept) + len(rejected) == 492


def test_a_source_without_a_column_is_refused(raw: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no column glucose"):
        refine(raw.drop(columns="s6"))
