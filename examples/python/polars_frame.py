"""A polars frame: classify, join the candidates, count.

    python examples/python/polars_frame.py
"""

import polars as pl

import hscode

goods = pl.DataFrame(
    {
        "sku": [1, 2, 3, 4],
        "description": ["live horses for breeding", "red wine in bottles", None, "steel pipe 1/2 inch, welded"],
    }
)

classifier = hscode.Classifier.embedded()
answers = pl.DataFrame(classifier.classify_arrow(goods, keep=["sku"], top_k=3, threads=0))
print(answers.select("sku", "decision", "code", "score", "error"))

best = (
    answers.select("sku", "candidates")
    .explode("candidates")
    .unnest("candidates")
    .filter(pl.col("code").is_not_null())
)
print(best)
assert best.group_by("sku").len()["len"].to_list() == [3, 3, 3]
assert answers.filter(pl.col("sku") == 3)["error"].to_list() == ["expected text, saw null"]
assert best.filter(pl.col("sku") == 1)["code"].str.starts_with("0101").any()
