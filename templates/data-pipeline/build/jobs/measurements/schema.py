"""What a refined measurement is: its columns with types, and the values that a body can have."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """A column of the refined table."""

    name: str
    type: str
    """Its type in the Glue catalog: `bigint`, `double` or `string`."""
    comment: str
    lowest: float | None = None
    highest: float | None = None


COLUMNS = (
    Column("record_id", "bigint", "Number of the record in its source", 1),
    Column("age", "bigint", "Years", 0, 120),
    Column("sex", "string", "F or M"),
    Column("bmi", "double", "Body mass index, kg/m2", 10, 80),
    Column("blood_pressure", "double", "Mean arterial pressure, mmHg", 40, 200),
    Column("total_cholesterol", "double", "Serum cholesterol, mg/dl", 50, 600),
    Column("ldl", "double", "Low-density lipoproteins, mg/dl", 10, 400),
    Column("hdl", "double", "High-density lipoproteins, mg/dl", 5, 200),
    Column("cholesterol_ratio", "double", "Total cholesterol over HDL", 1, 20),
    Column("log_triglycerides", "double", "Logarithm of the serum triglycerides", 1, 10),
    Column("glucose", "double", "Blood sugar, mg/dl", 20, 600),
    Column("progression", "double", "Progression of the disease one year later", 0, 500),
)
KEY = "record_id"

# Header of the source to column here; a header that is not listed is the column's own name.
HEADERS = {
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
    "target": "progression",
}
SEXES = {"1": "F", "2": "M", "f": "F", "m": "M", "female": "F", "male": "M"}

_ARROW = {"bigint": pa.int64(), "double": pa.float64(), "string": pa.string()}


def arrow() -> pa.Schema:
    """The schema of the files. The catalog and they must agree, or readers fail at query time."""
    return pa.schema([pa.field(column.name, _ARROW[column.type], nullable=False) for column in COLUMNS])
