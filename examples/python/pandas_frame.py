"""A pandas frame of a shop's articles, step by step as in a notebook: clean, classify, look, decide, save.

    python examples/python/pandas_frame.py
"""

# %% The articles, as they come: a missing description among them.
import tempfile
from pathlib import Path

import pandas as pd

import hscode

articles = pd.DataFrame(
    {
        "sku": ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"],
        "description": [
            "mens cotton crew neck tee",
            "stainless steel kitchen sink, single bowl",
            None,
            "gift",
            "LED table lamp with USB cable",
            "red wine, bottles of 0.75 l",
        ],
        "price": [12.5, 189.0, 3.0, 20.0, 34.9, 8.9],
    }
)

# %% Classify the column. The index of the frame is kept beside the answers.
classifier = hscode.Classifier.embedded()
answers = classifier.classify_batch(articles["description"], threads=0)
articles["code"] = [answer.code for answer in answers]
articles["score"] = [answer.score for answer in answers]
articles["decision"] = [answer.decision or "error" for answer in answers]
print(articles.to_string(index=False))

# %% What was decided: one line a decision.
print(articles.groupby("decision")["sku"].agg(list))
assert articles.loc[articles["sku"] == "A-3", "decision"].item() == "error"
assert articles.loc[articles["sku"] == "A-4", "decision"].item() == "abstain"

# %% What a person has to look at, with the best guesses.
for answer in answers:
    if answer.error is None and answer.decision != "accept":
        guesses = ", ".join(f"{code.dotted} {score:.0%}" for code, score, _ in answer.candidates[:3])
        print(f"row {answer.index} ({answer.reason}): {guesses or 'no guess'}")

# %% The same through Arrow, in one call and without a copy of the texts, with the own columns kept.
table = classifier.classify_arrow(articles[["sku", "description"]], keep=["sku"], threads=0)
frame = table.to_pandas()
assert frame["code"].fillna("").tolist() == [str(answer.code or "") for answer in answers]
assert frame["sku"].tolist() == articles["sku"].tolist()

# %% Save with codes as text: 0101 is not 101.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "classified.csv"
    articles.to_csv(path, index=False)
    again = pd.read_csv(path, dtype={"code": "string"})
    assert again["code"].isna().tolist() == articles["code"].isna().tolist()
    print(f"{len(again)} articles saved, {again['code'].notna().sum()} with a code")
