"""From what sources deliver to what consumers may rely on."""

from typing import NamedTuple

import pandas as pd

from .schema import COLUMNS, HEADERS, KEY, SEXES

REASON = "reason"


class Refined(NamedTuple):
    """What became of the rows."""

    kept: pd.DataFrame
    """Typed, within bounds, one row a key, ordered by key."""
    rejected: pd.DataFrame
    """As they came, with the reason."""


def refine(raw: pd.DataFrame) -> Refined:
    """Refines `raw`, whose cells are text as in its file.

    Every row of `raw` is afterwards in exactly one of the two frames. Of several rows with one key the last one counts:
    sources correct a record by delivering it again. A column that is missing altogether is a mistake of the source, and
    no row can be right then: it raises ValueError.
    """
    text = raw.rename(columns=lambda name: HEADERS.get(name.strip().lower(), name.strip().lower()))
    missing = [column.name for column in COLUMNS if column.name not in text]
    if missing:
        raise ValueError(f"the source has no column {', '.join(missing)}; it has {', '.join(raw.columns)}")
    text = text.astype("string").apply(lambda column: column.str.strip())
    # Rows are told apart by position from here on, however the sources' frames were put together.
    text = text.reset_index(drop=True)

    typed = pd.DataFrame(index=text.index)
    reason = pd.Series("", index=text.index, dtype="string")
    for column in COLUMNS:
        values = text[column.name]
        if column.type == "string":
            values = values.str.lower().map(SEXES).astype("string")
        else:
            values = pd.to_numeric(values, errors="coerce").astype("Float64")
        wrong = values.isna()
        if column.type == "bigint":
            wrong |= (values % 1 != 0).fillna(value=True)
        if column.lowest is not None:
            wrong |= (values < column.lowest).fillna(value=True)
        if column.highest is not None:
            wrong |= (values > column.highest).fillna(value=True)
        typed[column.name] = values
        # The first thing that is wrong with a row is enough.
        reason = reason.mask((reason == "") & wrong, f"{column.name} is missing, no value, or out of bounds")
    again = typed[KEY].where(reason == "").duplicated(keep="last") & (reason == "")
    reason = reason.mask(again, f"a later row has the same {KEY}")

    good = reason == ""
    kept = typed[good].astype({c.name: "int64" for c in COLUMNS if c.type == "bigint"})
    kept = kept.astype({c.name: "float64" for c in COLUMNS if c.type == "double"})
    rejected = raw.reset_index(drop=True)[~good].assign(**{REASON: reason[~good]})
    return Refined(kept.sort_values(KEY, ignore_index=True), rejected.reset_index(drop=True))
