"""Apache Spark: a column classified by `mapInArrow`, a model load for each worker, the answers of one process.

    python examples/python/spark_map.py                              # a check on a few hundred rows
    python examples/python/spark_map.py --rows 1000000 --workers 1 2   # rows per second

Needs pyspark 4, pyarrow, pandas and Java 17.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

import hscode

SCHEMA = (
    "id long, description string, decision string, code string, score float, "
    "candidates array<struct<code: string, score: float, title: string>>, error string, worker int, opened float"
)


def classify(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Runs in a worker. The classifier is opened on the worker's first batch and shared from then on."""
    started = time.perf_counter()
    classifier = hscode.Classifier.embedded()
    opened = time.perf_counter() - started
    for batch in batches:
        answers = classifier.classify_arrow(batch, keep=["id"])
        rows = answers.num_rows
        answers = answers.append_column("worker", pa.array([os.getpid()] * rows, pa.int32()))
        answers = answers.append_column("opened", pa.array([opened] * rows, pa.float32()))
        yield from answers.select(NAMES).to_batches()


NAMES = ["id", "description", "decision", "code", "score", "candidates", "error", "worker", "opened"]


def session(workers: int) -> SparkSession:
    spark = (
        SparkSession.builder.master(f"local[{workers}]")
        .appName("hscode")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "4096")
        .config("spark.sql.shuffle.partitions", str(workers))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def texts() -> list[str]:
    """The repository's own texts, one of every chapter after the other."""
    folder = Path(__file__).resolve().parents[2] / "data" / "descriptions"
    files = [path.read_text(encoding="utf-8").splitlines()[1:201] for path in sorted(folder.glob("*.tsv"))]
    return [lines[at].split("\t")[2] for at in range(200) for lines in files if at < len(lines)]


def goods(spark: SparkSession, rows: int, parts: int) -> DataFrame:
    """Generated rows: the texts over and over, each with a size, so that no two rows are the same."""
    some = spark.createDataFrame(pa.table({"at": range(len(texts())), "text": texts()}).to_pandas())
    numbers = spark.range(0, rows, numPartitions=parts).withColumn("at", f.col("id") % len(texts()))
    joined = numbers.join(f.broadcast(some), "at")
    return joined.select("id", f.concat_ws(" ", "text", (f.col("id") % 997).cast("string")).alias("description"))


def check() -> None:
    """The same answers as one process; one model load for each worker."""
    spark = session(2)
    rows = [*texts()[:299], None]
    frame = spark.createDataFrame(list(enumerate(rows)), "id long, description string").repartition(8)
    # Sorted here: Spark would run the function twice, once to find out how to divide the rows.
    answers = sorted(frame.mapInArrow(classify, SCHEMA).collect(), key=lambda row: int(row.id))
    expected = hscode.Classifier.embedded().classify_batch(rows)
    for row, answer in zip(answers, expected, strict=True):
        assert (row.id, row.code, row.decision) == (answer.index, answer.code, answer.decision), row.id
        assert row.score == answer.score and (row.error is None) == (answer.error is None), row.id
        assert [tuple(c) for c in row.candidates] == answer.candidates, row.id
    loads: dict[int, set[float]] = {}
    for row in answers:
        loads.setdefault(row.worker, set()).add(row.opened)
    times = [opened for of_one in loads.values() for opened in of_one]
    slow = [opened for opened in times if opened > max(times) / 4]
    print(f"{len(answers)} rows by {len(loads)} workers, as one process answers; opened in {max(times):.3f} s")
    assert len(loads) <= 2 and len(slow) <= len(loads) < len(times), "expected one load for each worker"
    spark.stop()


def measure(rows: int, workers: list[int]) -> None:
    """Rows per second, the model load and Spark's own work included."""
    print("| workers | rows | seconds | rows per second |\n|---|---|---|---|")
    for count in workers:
        spark = session(count)
        frame = goods(spark, rows, parts=4 * count).mapInArrow(classify, SCHEMA)
        goods(spark, 1000, count).mapInArrow(classify, SCHEMA).count()
        started = time.perf_counter()
        frame.write.format("noop").mode("overwrite").save()
        seconds = time.perf_counter() - started
        print(f"| {count} | {rows:,} | {seconds:.1f} | {rows / seconds:,.0f} |", flush=True)
        spark.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    # Workers run this interpreter.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    if options.rows is None:
        check()
    else:
        measure(options.rows, options.workers)
