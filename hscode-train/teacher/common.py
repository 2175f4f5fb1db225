"""Shared parts of the teacher scripts: texts in their fixed order, folds, dev sets, figures.

Order of the texts, everywhere: data/descriptions/NN.tsv (files ascending, rows
in file order), the subheading titles of data/titles/hs2022.tsv in file order,
then the composed texts as `cargo run -p hscode-train --example compose_texts`
writes them.
"""

import glob
import gzip
import hashlib
import json
import os
import re

import numpy as np
import torch

FOLDS = 3
_WORD = re.compile(rb"[0-9a-z\x80-\xff]+")


def fold(text):
    """Fold of a text, from its set of words; the twin of compose::fold in Rust."""
    raw = bytes(b + 32 if 65 <= b <= 90 else b for b in text.encode())
    h = 0xCBF29CE484222325
    for b in b" ".join(sorted(set(_WORD.findall(raw)))):
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return (h >> 32) % FOLDS


def open_text(path):
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return open(path, encoding="utf-8", newline="\n")


class Texts:
    """All texts: own rows, titles, composed; arrays of one entry a text."""

    def __init__(self, data, composed, limit=None, chapters=None):
        text, code, other, kind, folds = [], [], [], [], []
        files = sorted(glob.glob(os.path.join(data, "descriptions", "*.tsv*")))
        for path in files:
            for line in open_text(path):
                c, p, t = line.rstrip("\n").split("\t", 2)
                if c == "code":
                    continue
                text.append(t), code.append(c), other.append(c), kind.append(p)
        known = set(code)
        titles = glob.glob(os.path.join(data, "titles", "hs2022.tsv*"))[0]
        for line in open_text(titles):
            c, t = line.rstrip("\n").split("\t", 1)
            if c in known:  # chapters, headings and 999999 have no descriptions
                text.append(t), code.append(c), other.append(c), kind.append("title")
        folds = [fold(t) for t in text]
        self.n_own = len(text)
        self.classes = sorted(set(code))
        if composed:
            for line in open_text(composed):
                c, o, k, f, t = line.rstrip("\n").split("\t", 4)
                text.append(t), code.append(c), kind.append(k), folds.append(int(f))
                other.append(c if o == "-" else o)
        if chapters:
            keep = np.array([c[:2] in chapters for c in code])
            at = np.flatnonzero(keep)
            text, code, other = ([v[i] for i in at] for v in (text, code, other))
            kind, folds = [kind[i] for i in at], [folds[i] for i in at]
            self.n_own = int(keep[:self.n_own].sum())
            self.classes = sorted(set(code))
        index = {c: i for i, c in enumerate(self.classes)}
        self.y = np.array([index[c] for c in code], np.int64)
        self.y2 = np.array([index.get(c, 0) for c in other], np.int64)
        self.text, self.kind, self.fold = text, np.array(kind), np.array(folds, np.int64)
        if limit:
            rng = np.random.default_rng(0)
            keep = np.concatenate([
                np.sort(rng.choice(self.n_own, min(limit, self.n_own), replace=False)),
                self.n_own + np.arange(min(limit // 2, len(text) - self.n_own)),
            ])
            self.n_own = min(limit, self.n_own)
            self.text = [text[i] for i in keep]
            self.y, self.y2 = self.y[keep], self.y2[keep]
            self.kind, self.fold = self.kind[keep], self.fold[keep]
        h = hashlib.sha256()
        for t in self.text:
            h.update(t.encode() + b"\n")
        self.digest = h.hexdigest()

    def groups(self, digits):
        """Group number of every class at 2 or 4 digits."""
        names = sorted({c[:digits] for c in self.classes})
        at = {n: i for i, n in enumerate(names)}
        return np.array([at[c[:digits]] for c in self.classes], np.int64)


def eval_sets(folder, classes, prefixes=("dev_", "sel_")):
    """Evaluation pairs in English: {set: (texts, class numbers; -1 unknown)}."""
    index = {c: i for i, c in enumerate(classes)}
    out = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl.gz"))):
        name = os.path.basename(path).split(".")[0]
        if not name.startswith(tuple(prefixes)):
            continue
        rows = [json.loads(line) for line in open_text(path)]
        rows = [r for r in rows if r["lang"] == "en"]
        if rows:
            out[name] = ([r["text"] for r in rows],
                         np.array([index.get(r["hs6"], -1) for r in rows]))
    return out


def figures(scores, sets, tests=False):
    """Top-1 and top-5 in percent by set; scores: rows of all sets in order.

    The test sets are left out unless asked for: choices are made on the others.
    """
    out, at = {}, 0
    for name, (texts, y) in sets.items():
        part = scores[at:at + len(texts)]
        if name.startswith("test_") != tests:
            at += len(texts)
            continue
        top = torch.as_tensor(part).topk(5, 1).indices.cpu().numpy()
        hit = top == y[:, None]
        out[name] = (100 * hit[:, 0].mean(), 100 * hit.any(1).mean(), len(texts))
        at += len(texts)
    return out


def show(title, fig):
    cells = [f"{k.split('_references')[0]} {a:.1f}/{b:.1f} (n={n})" for k, (a, b, n) in fig.items()]
    print(f"{title:<34} " + "; ".join(cells), flush=True)
