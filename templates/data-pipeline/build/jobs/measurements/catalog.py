"""The table in the Glue catalog, which consumers query and subscribe to."""

from typing import Any

from .schema import COLUMNS

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def definition(table: str, location: str) -> dict[str, Any]:
    """The table over the files at `location`, as Glue's API takes it."""
    return {
        "Name": table,
        "Description": "Measurements, refined and checked",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {
            "Columns": [{"Name": c.name, "Type": c.type, "Comment": c.comment} for c in COLUMNS],
            "Location": location,
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
        },
    }


def publish(glue: Any, database: str, table: str, location: str) -> None:
    """Lets readers of the table see the files at `location` from now on, all of them at once."""
    wanted = definition(table, location)
    try:
        glue.create_table(DatabaseName=database, TableInput=wanted)
    except glue.exceptions.AlreadyExistsException:
        glue.update_table(DatabaseName=database, TableInput=wanted)
