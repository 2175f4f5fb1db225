"""Trains the linear teacher (words 1-2 and characters 3-5 of words, TF-IDF) and labels every text out of fold.

One flat layer over all subheadings. Features seen in one text only are left
out. Each step gathers the weight rows that occur in the batch, so a batch is a
small dense product. Plain SGD with one rate for all features: with Adagrad,
whose steps are as long for a rare feature as for a common one, the model
learnt rare features by heart and was 5 points worse out of fold. Loss: softmax
cross-entropy at 6 digits + --group at 4 and at 2 digits (summed
probabilities), or a one-against-rest squared hinge.

Output as train_encoder.py: OUT.npz and OUT_eval.npy.
"""

import argparse
import multiprocessing
import time

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F

from common import FOLDS, Texts, eval_sets, figures, show

TOP = 48


def count_part(texts):
    from sklearn.feature_extraction.text import HashingVectorizer
    kw = dict(n_features=2**23, alternate_sign=False, norm=None, dtype=np.float32, lowercase=True)
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **kw)
    chars = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **kw)
    return words.transform(texts), chars.transform(texts)


def features(texts, n_own, workers):
    """Row-normalised TF-IDF, words and characters side by side: CSR."""
    parts = [texts[i:i + 8000] for i in range(0, len(texts), 8000)]
    if workers > 1:
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            done = pool.map(count_part, parts, chunksize=1)
    else:
        done = [count_part(p) for p in parts]
    out = []
    for side in (0, 1):
        x = sp.vstack([d[side] for d in done]).tocsr()
        df = np.bincount(x.indices[:x.indptr[n_own]], minlength=x.shape[1])
        keep = np.flatnonzero(df >= 2)
        new = np.full(x.shape[1], -1, np.int32)
        new[keep] = np.arange(len(keep))
        use = new[x.indices] >= 0
        rows = np.repeat(np.arange(x.shape[0], dtype=np.int32), np.diff(x.indptr))[use]
        cols = new[x.indices[use]]
        v = 1 + np.log(x.data[use])
        v *= (np.log((1 + n_own) / (1 + df[keep])) + 1).astype(np.float32)[cols]
        norm = np.sqrt(np.bincount(rows, v * v, minlength=x.shape[0]))
        v /= np.maximum(norm, 1e-9).astype(np.float32)[rows]
        out.append(sp.csr_matrix((v, (rows, cols)), shape=(x.shape[0], len(keep))))
    return sp.hstack(out).tocsr()


class Rows:
    """A CSR matrix on the device; batches come as (unique columns, dense block)."""

    def __init__(self, x, device):
        self.ptr = torch.tensor(x.indptr.astype(np.int64), device=device)
        self.col = torch.tensor(x.indices.astype(np.int32), device=device)
        self.val = torch.tensor(x.data.astype(np.float32), device=device)
        self.half = torch.bfloat16 if device == "cuda" else torch.float32

    def block(self, r):
        start, n = self.ptr[r], self.ptr[r + 1] - self.ptr[r]
        row = torch.repeat_interleave(torch.arange(len(r), device=r.device), n)
        first = torch.cumsum(n, 0) - n
        at = torch.arange(len(row), device=r.device) - first[row] + start[row]
        unique, inverse = torch.unique(self.col[at].long(), return_inverse=True)
        dense = torch.zeros(len(r), len(unique), device=r.device, dtype=self.half)
        dense[row, inverse] = self.val[at].to(self.half)
        return unique, dense


class Linear:
    def __init__(self, n_features, n_classes, device):
        self.w = torch.zeros(n_features, n_classes, device=device)
        self.b = torch.zeros(n_classes, device=device)

    def score(self, unique, dense):
        w = self.w[unique].to(dense.dtype)
        return (dense @ w).float() + self.b

    def step(self, unique, dense, g, lr, decay):
        n = len(g)
        self.b -= 0.1 * lr * g.sum(0)
        gw = (dense.T @ g.to(dense.dtype)).float()
        w = self.w[unique]
        if decay:
            gw += decay * n * w
        self.w[unique] = w - lr * gw


def gradient(z, y, groups, o):
    """Gradient of the loss by the scores, and the loss."""
    onehot = F.one_hot(y, z.shape[1]).float()
    if o.loss == "hinge":
        sign = 2 * onehot - 1
        gap = (1 - sign * z).clamp(min=0)
        return -2 * sign * gap, gap.pow(2).sum(1).mean()
    p = F.softmax(z, -1)
    g = (p - (1 - o.smooth) * onehot - o.smooth / z.shape[1])
    loss = -(p.gather(1, y[:, None])[:, 0] + 1e-9).log().mean()
    for c in groups:
        if not o.group:
            break
        inside = (c[None] == c[y][:, None]).float() * p
        g = g + o.group * (p - inside / (inside.sum(1, keepdim=True) + 1e-9))
    return g, loss


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True), a.add_argument("--composed")
    a.add_argument("--pairs", default=""), a.add_argument("--out", required=True)
    a.add_argument("--epochs", type=int, default=8)
    a.add_argument("--batch", type=int, default=2048)
    a.add_argument("--lr", type=float, default=0.03)
    a.add_argument("--decay", type=float, default=0)
    a.add_argument("--smooth", type=float, default=0)
    a.add_argument("--group", type=float, default=0.3)
    a.add_argument("--loss", choices=("softmax", "hinge"), default="softmax")
    a.add_argument("--folds", type=int, default=FOLDS, help="how many of the folds to train; fewer for a trial")
    a.add_argument("--try", dest="trials", default="", help="trials on fold 0 first, best kept: lr,epochs,decay,smooth,group,loss;...")
    a.add_argument("--workers", type=int, default=1)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--limit", type=int), a.add_argument("--chapters", default="")
    a.add_argument("--prefixes", default="dev_,sel_")
    o = a.parse_args()
    begin = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    texts = Texts(o.data, o.composed, o.limit, o.chapters.split(",") if o.chapters else None)
    sets = eval_sets(o.pairs, texts.classes, o.prefixes.split(","))
    extra = [t for s in sets.values() for t in s[0]]
    x = features(texts.text + extra, texts.n_own, o.workers)
    n_text, n_classes = len(texts.text), len(texts.classes)
    print(f"{time.time() - begin:.0f} s: {x.shape}, {x.nnz / x.shape[0]:.1f} a text", flush=True)
    data, y = Rows(x, device), torch.tensor(texts.y, device=device)
    groups = [torch.tensor(texts.groups(d), device=device) for d in (4, 2)]
    own = np.arange(texts.n_own)
    rest = torch.arange(n_text, x.shape[0], device=device)

    def train(k, cfg):
        rng = np.random.default_rng(cfg.seed)
        rows = own[texts.fold[:texts.n_own] != k]
        m = Linear(x.shape[1], n_classes, device)
        steps = cfg.epochs * -(-len(rows) // cfg.batch)
        step = 0
        for _ in range(cfg.epochs):
            order = torch.tensor(rng.permutation(rows), device=device)
            for r in order.split(cfg.batch):
                lr = cfg.lr * (1 - 0.9 * step / steps)
                unique, dense = data.block(r)
                g, loss = gradient(m.score(unique, dense), y[r], groups, cfg)
                m.step(unique, dense, g, lr, cfg.decay)
                step += 1
        return m, loss.item()

    def scores(m, rows):
        return torch.cat([F.log_softmax(m.score(*data.block(r)), -1) for r in rows.split(4096)])

    def total(fig):
        return np.mean([a + 0.5 * b for a, b, _ in fig.values()])

    best = None
    for trial in filter(None, o.trials.split(";")):
        v = trial.split(",")
        cfg = argparse.Namespace(**vars(o))
        cfg.lr, cfg.epochs, cfg.decay, cfg.smooth, cfg.group = float(v[0]), int(v[1]), float(v[2]), float(v[3]), float(v[4])
        cfg.loss = v[5] if len(v) > 5 else "softmax"
        m, loss = train(0, cfg)
        fig = figures(scores(m, rest).cpu().numpy(), sets)
        hold = torch.tensor(own[texts.fold[:texts.n_own] == 0][::7], device=device)
        oof = 100 * (scores(m, hold).argmax(1) == y[hold]).float().mean().item()
        show(f"{trial} loss {loss:.3f} oof {oof:.1f}", fig)
        print(f"  {time.time() - begin:.0f} s, {total(fig):.2f}", flush=True)
        if best is None or total(fig) > best[0]:
            best = (total(fig), cfg)
        del m
    cfg = best[1] if best else o
    print("chosen", vars(cfg))
    top = min(TOP, n_classes)
    classes = np.zeros((n_text, top), np.uint16)
    logp = np.zeros((n_text, top), np.float16)
    ev = []
    for k in range(o.folds):
        m, loss = train(k, cfg)
        at = torch.tensor(np.flatnonzero(texts.fold == k), device=device)
        for r in at.split(4096):
            z = F.log_softmax(m.score(*data.block(r)), -1)
            v, c = z.topk(top, -1)
            i = r.cpu().numpy()
            classes[i], logp[i] = c.cpu().numpy().astype(np.uint16), v.cpu().numpy()
        ev.append(scores(m, rest).cpu().numpy())
        show(f"fold {k}", figures(ev[-1], sets))
        del m
        print(f"{time.time() - begin:.0f} s: fold {k} done, last loss {loss:.3f}", flush=True)
    mean = np.mean(ev, 0)
    show("mean of folds, log", figures(mean, sets))
    hit = (classes[:texts.n_own, 0] == texts.y[:texts.n_own])[texts.fold[:texts.n_own] < o.folds].mean()
    print(f"own text out of fold: {100 * hit:.1f}% of {texts.n_own}")
    np.savez(o.out + ".npz", classes=classes, logp=logp, digest=texts.digest)
    np.save(o.out + "_eval.npy", mean.astype(np.float16))
    print(f"{time.time() - begin:.0f} s: done", flush=True)


if __name__ == "__main__":
    main()
