"""Reading, cleaning and holding out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from preprocess import FEWEST_ROWS, clean, preprocess, read
from settings import Data, Settings


def frame(rows: int = 40) -> pd.DataFrame:
    """Numbers, a word and a target."""
    return pd.DataFrame(
        {
            "size": range(rows),
            "colour": ["red", "blue"] * (rows // 2),
            "price": [2.0 * row + 1 for row in range(rows)],
        }
    )


def test_no_row_is_on_both_sides_and_none_is_lost(settings: Settings, sample: Path | None, tmp_path: Path) -> None:
    preprocess(sample, tmp_path, settings.data)
    train, test = pd.read_csv(tmp_path / "train" / "train.csv"), pd.read_csv(tmp_path / "test" / "test.csv")
    assert train.merge(test, how="inner").empty
    assert len(train) + len(test) == len(clean(read(sample, settings.data.target), settings.data))
    assert len(test) / (len(train) + len(test)) == pytest.approx(settings.data.held_out, abs=0.05)
    assert list(train.columns)[-1] == settings.data.target


def test_the_same_seed_holds_out_the_same_rows(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "data.csv", index=False)
    held_out = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        preprocess(tmp_path / "data.csv", tmp_path / name, Data(target="price", seed=seed))
        held_out.append((tmp_path / name / "test" / "test.csv").read_bytes())
    assert held_out[0] == held_out[1] != held_out[2]


def test_all_files_of_a_folder_are_read(tmp_path: Path) -> None:
    frame(30).to_csv(tmp_path / "one.csv", index=False)
    frame(40).tail(10).to_csv(tmp_path / "two.csv", index=False)
    assert len(read(tmp_path, "price")) == 40
    frame(40).drop(columns=["colour"]).to_csv(tmp_path / "three.csv", index=False)
    with pytest.raises(ValueError, match=r"three\.csv has other columns"):
        read(tmp_path, "price")


def test_rows_without_a_target_and_doubles_are_dropped() -> None:
    rows = pd.concat([frame(), frame(2)])
    rows.iloc[5, 2] = None
    assert len(clean(rows, Data(target="price"))) == 39


@pytest.mark.parametrize(
    ("data", "rows", "message"),
    [
        (Data(target="cost"), 40, "columns are missing: cost"),
        (Data(target="price", features=["weight"]), 40, "columns are missing: weight"),
        (Data(target="colour"), 40, "not numeric"),
        (Data(target="price"), FEWEST_ROWS - 2, "rows are left"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(data: Data, rows: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clean(frame(rows), data)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no CSV file"):
        read(tmp_path, "price")
