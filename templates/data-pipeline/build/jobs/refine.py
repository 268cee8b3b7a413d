"""The Glue job: reads a source, refines it, asks the quality rules, and publishes what passed.

Nothing is published that is not good enough: files are written beside what readers see, and the table is turned to them
at the end. Runs are repeatable: the same source gives the same files, under a name that is their digest.

    python jobs/refine.py --root DIRECTORY --source samples/ --ruleset quality/measurements.dqdl --table measurements

does the same on a laptop, without AWS.
"""

import argparse
import hashlib
import io
import json
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from measurements import catalog, quality, schema
from measurements.refine import refine
from measurements.storage import Store, store


def arguments(line: list[str]) -> argparse.Namespace:
    """What the job was asked for. Glue adds arguments of its own, which are passed over."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--root", required=True, help="s3://BUCKET or a directory; everything else is below it")
    parser.add_argument("--source", required=True, help="prefix of the CSV files to read")
    parser.add_argument("--ruleset", required=True, help="key of the quality rules")
    parser.add_argument("--minimum-score", type=float, default=1.0, help="share of the rules that must pass")
    parser.add_argument("--table", required=True, help="table that is published")
    parser.add_argument("--database", help="database of the Glue catalog; without one the catalog is left alone")
    return parser.parse_known_args(line)[0]


def read(files: Store, prefix: str) -> tuple[pd.DataFrame, str]:
    """All CSV files below `prefix` as text, and a digest of them."""
    digest, frames = hashlib.sha256(), []
    for key in files.find(prefix):
        if key.endswith(".csv"):
            content = files.read(key)
            digest.update(hashlib.sha256(content).digest())
            frames.append(pd.read_csv(io.BytesIO(content), dtype="string", keep_default_na=False))
    if not frames:
        raise FileNotFoundError(f"there is no CSV file at {files.uri(prefix)}")
    return pd.concat(frames, ignore_index=True), digest.hexdigest()


def parquet(frame: pd.DataFrame) -> bytes:
    """`frame` as a Parquet file of the table's schema."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, schema=schema.arrow(), preserve_index=False), sink, compression="zstd")
    return sink.getvalue()


def run(options: argparse.Namespace, files: Store) -> dict[str, object]:
    """Does it, and tells what came of it. The report is written in any case."""
    raw, digest = read(files, options.source)
    refined = refine(raw)
    verdict = quality.evaluate(files.read(options.ruleset).decode(), refined.kept)
    report: dict[str, object] = {
        "table": options.table,
        "source": files.uri(options.source),
        "rows": len(raw),
        "kept": len(refined.kept),
        "rejected": len(refined.rejected),
        "score": verdict.score,
        "failed": verdict.failed,
        "published": verdict.score >= options.minimum_score,
    }
    if len(refined.rejected):
        files.write(f"rejected/{options.table}/{digest[:16]}.csv", refined.rejected.to_csv(index=False).encode())
    if report["published"]:
        content = parquet(refined.kept)
        folder = f"refined/{options.table}/{hashlib.sha256(content).hexdigest()[:16]}/"
        files.write(f"{folder}{options.table}.parquet", content)
        report["location"] = files.uri(folder)
    files.write(f"reports/{options.table}/run.json", json.dumps(report, indent=2).encode())
    return report


def main(line: list[str]) -> None:
    """Entry point."""
    options = arguments(line)
    report = run(options, store(options.root))
    print(json.dumps(report, indent=2))
    if not report["published"]:
        raise ValueError(
            f"not published: the score is {report['score']:.2f}, and these rules failed: {report['failed']}"
        )
    if options.database:
        import boto3

        catalog.publish(boto3.client("glue"), options.database, options.table, str(report["location"]))


if __name__ == "__main__":
    # No exit code: Glue takes an exception for a failure, and any exit for one too.
    main(sys.argv[1:])
