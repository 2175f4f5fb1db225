"""Averages the teachers' out-of-fold answers into soft labels.

Every teacher gets one temperature, chosen so that its out-of-fold answers fit
the own texts' codes best (negative log likelihood). Labels are the mean of the
teachers' log probabilities (which was better on the dev sets than the mean of
the probabilities), weighted by the one of --weights that does best there.
Output: OUT.npz with the TOP best classes and their probabilities times 255 of
every text, and a table of figures.
"""

import argparse
import itertools
import json

import numpy as np
import torch
import torch.nn.functional as F

from common import Texts, eval_sets, figures, show

TOP = 6


class Teacher:
    def __init__(self, path, texts, device, temperature):
        z = np.load(path + ".npz")
        assert str(z["digest"]) == texts.digest, f"{path}: labels of other texts"
        self.name = path.rsplit("/", 1)[-1]
        self.c = torch.tensor(z["classes"].astype(np.int64))
        self.l = torch.tensor(z["logp"])
        self.ev = torch.tensor(np.load(path + "_eval.npy")).float()
        self.n, self.device = len(texts.classes), device
        self.t = temperature
        if temperature:
            return
        y = torch.tensor(texts.y[:texts.n_own])
        sample = torch.arange(0, texts.n_own, 11)
        losses = {}
        for t in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5):
            self.t = t
            parts = [self.log_probs(r).cpu().gather(1, y[r][:, None]) for r in sample.split(4096)]
            losses[t] = -torch.cat(parts).mean().item()
        self.t = min(losses, key=losses.get)
        print(self.name, "temperature", self.t, {k: round(v, 3) for k, v in losses.items()}, flush=True)

    def log_probs(self, rows):
        """Dense log probabilities; classes outside the kept ones share what is left."""
        l, c = self.l[rows].to(self.device).float(), self.c[rows].to(self.device)
        left = (1 - l.exp().sum(1, keepdim=True)).clamp(min=1e-4) / max(self.n - c.shape[1], 1)
        z = left.log().expand(-1, self.n).clone()
        z.scatter_(1, c, l)
        return F.log_softmax(z / self.t, 1)


def mix(parts, weights):
    """Weighted mean of log probabilities, normalised; without weights, log of the mean probability."""
    if weights is None:
        return torch.stack(parts).exp().mean(0).log()
    return F.log_softmax(sum(w * p for w, p in zip(weights, parts)) / sum(weights), -1)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("teachers", nargs="+", help="outputs of the training scripts, without .npz")
    a.add_argument("--data", required=True), a.add_argument("--composed")
    a.add_argument("--pairs", default=""), a.add_argument("--out", required=True)
    a.add_argument("--temperatures", help="one a teacher, comma-separated; fitted when not given")
    a.add_argument("--weights", default="", help="candidates, comma-separated numbers; semicolons between candidates")
    a.add_argument("--limit", type=int, help="rows, for a trial run")
    a.add_argument("--prefixes", default="dev_,sel_")
    o = a.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    texts = Texts(o.data, o.composed, o.limit)
    sets = eval_sets(o.pairs, texts.classes, o.prefixes.split(","))
    temperature = [float(x) for x in o.temperatures.split(",")] if o.temperatures else [None] * len(o.teachers)
    t = [Teacher(p, texts, device, x) for p, x in zip(o.teachers, temperature)]
    ev = [F.log_softmax(x.ev.to(device) / x.t, -1) for x in t]
    candidates = [tuple(float(i == j) for j in range(len(t))) for i in range(len(t))]
    single = len(candidates)
    for n in range(2, len(t) + 1):
        for some in itertools.combinations(range(len(t)), n):
            candidates += [tuple(float(j in some) for j in range(len(t)))]
    candidates += [tuple(map(float, w.split(","))) for w in o.weights.split(";") if w]
    best = (-1.0, None)
    with open(o.out + "_test.txt", "w") as f:
        for number, w in enumerate([None] + candidates):
            z = mix(ev, w)
            fig = figures(z, sets)
            score = np.mean([x + 0.5 * y for x, y, _ in fig.values()] or [0.0])
            show(("mean p" if w is None else str(w)) + f" {score:.2f}", fig)
            f.write(f"{w} {json.dumps(figures(z, sets, tests=True))}\n")
            if w is not None and number > single and score > best[0]:
                best = (score, w)
    weights = best[1] if sets else candidates[-1]
    print("chosen", [x.name for x in t], [x.t for x in t], weights, flush=True)
    keep = mix(ev, weights).topk(24, 1)
    np.savez_compressed(o.out + "_eval.npz", logp=keep.values.half().cpu().numpy(),
                        classes=keep.indices.cpu().numpy().astype(np.uint16))
    n = len(texts.text)
    classes, probs = np.zeros((n, TOP), np.uint16), np.zeros((n, TOP), np.uint8)
    for r in torch.arange(n).split(4096):
        p = mix([x.log_probs(r) for x in t], weights).exp()
        v, c = p.topk(TOP, 1)
        classes[r], probs[r] = c.cpu().numpy().astype(np.uint16), (v * 255).round().byte().cpu().numpy()
    y = texts.y.astype(np.uint16)
    own = slice(0, texts.n_own)
    for kind in sorted(set(texts.kind)):
        k = texts.kind == kind
        print(f"{kind:<12} n {k.sum():>7} top-1 is the label {100 * (classes[k, 0] == y[k]).mean():.1f}%"
              f" in top {TOP} {100 * (classes[k] == y[k, None]).any(1).mean():.1f}%"
              f" mean top probability {probs[k, 0].astype(float).mean() / 255:.3f}"
              f" kept {probs[k].astype(float).sum(1).mean() / 255:.3f}", flush=True)
    print(f"own text: {100 * (classes[own, 0] == y[own]).mean():.1f}%")
    classes[probs == 0] = 0
    np.savez_compressed(o.out + ".npz", classes=classes, q=probs, digest=texts.digest)


if __name__ == "__main__":
    main()
