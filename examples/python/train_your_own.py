"""A model of your own goods in scikit-learn: learn, measure, calibrate, save.

    python examples/python/train_your_own.py
"""

import pickle
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from hscode.sklearn import HsCodeClassifier

# The repository's own texts of three chapters stand for a firm's settled articles.
folder = Path(__file__).resolve().parents[2] / "data" / "descriptions"
rows = [
    line.split("\t")
    for chapter in ("01", "22", "66")
    for line in (folder / f"{chapter}.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
texts, codes = [row[2] for row in rows], [row[0] for row in rows]
train_x, test_x, train_y, test_y = train_test_split(texts, codes, test_size=0.2, random_state=6, stratify=codes)

learnt = Pipeline([("codes", HsCodeClassifier(settings={"svc": {"gram_buckets": 1 << 16, "pair_buckets": 1 << 16}}))])
learnt.fit(train_x, train_y)
accuracy = learnt.score(test_x, test_y)
print(f"{len(train_x)} texts, {len(learnt.classes_)} subheadings: {accuracy:.0%} of {len(test_x)} right at six digits")
assert accuracy > 0.6

again = pickle.loads(pickle.dumps(learnt))
assert np.array_equal(again.predict_proba(test_x[:50]), learnt.predict_proba(test_x[:50]))
print(again.predict(["a folding umbrella with wooden handle"])[0])
