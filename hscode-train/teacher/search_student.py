"""Compares small student networks that learn from labels and from the teachers' soft labels.

Many students of one padded shape are trained side by side: every weight has a
leading axis of one entry a configuration, unused dimensions are masked, and
batched products fill a GPU that one small network would leave idle.

Inputs of a student: word pieces (embedding started from the sentence encoder's
static token vectors, PCA), a text-CNN of widths 1 to 4 over them with max
pooling, their mean; a bag of hashed character 3- to 5-grams of the words with
the whole words; a bag of hashed word pairs (neighbours, and one word between).
One hidden layer, 5,612 outputs. Tables learn by lazy Adam (rows of the batch
only), as a CPU trainer would do it.

Hashes: FNV-1a (64 bits) of the UTF-8 bytes, upper 32 bits, modulo a power of
two. Words are runs of letters and digits in lower case, between "<" and ">".
"""

import argparse
import json
import os
import re
import time

import numpy as np
import torch
import torch.nn.functional as F

from common import Texts, eval_sets, figures, show

WORD = re.compile(r"[^\W_]+")
T, CHARS, PAIRS, KEPT = 24, 112, 24, 24

BASE = dict(d=96, f=96, h=256, char_bits=16, char_dim=64, pair_bits=16, pair_dim=48, conv=1, mean=1,
            chars=1, pairs=1, alpha=0.3, comp=0.4, lex=1.0, lr=1e-3, table_lr=5e-3, drop=0.2,
            init=1, bag=0.5, group=0.3, sharp=1.0)


def fnv(data):
    h = 0xCBF29CE484222325
    for b in data:
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h >> 32


def grams(word):
    w = f"<{word}>"
    out = [fnv(b"w" + w.encode())]
    for n in (3, 4, 5):
        out += [fnv(w[i:i + n].encode()) for i in range(len(w) - n + 1)]
    return out[:60]


def grams_part(words):
    return [grams(w) for w in words]


def split_part(texts):
    return [WORD.findall(t.lower())[:32] for t in texts]


def features(texts, workers):
    """Padded arrays of character hashes and pair hashes with their counts."""
    import multiprocessing
    parts = [texts[i:i + 10_000] for i in range(0, len(texts), 10_000)]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        split = [w for p in pool.imap(split_part, parts) for w in p]
        vocab = sorted({w for s in split for w in s})
        chunks = [vocab[i:i + 2_000] for i in range(0, len(vocab), 2_000)]
        lists = [g for p in pool.imap(grams_part, chunks) for g in p]
    at = {w: i for i, w in enumerate(vocab)}
    n = len(texts)
    size = np.array([len(g) for g in lists])
    flat = np.array([h for g in lists for h in g], np.uint32)
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    whole = flat[start].astype(np.uint64)
    ids = np.array([at[w] for s in split for w in s], np.int64)
    text = np.repeat(np.arange(n), [len(s) for s in split])
    # Characters: expand words to grams.
    g_text = np.repeat(text, size[ids])
    first = np.repeat(np.cumsum(size[ids]) - size[ids], size[ids])
    g = flat[np.repeat(start[ids], size[ids]) + np.arange(len(g_text)) - first]
    per = np.bincount(g_text, minlength=n)
    col = np.arange(len(g_text)) - np.repeat(np.cumsum(per) - per, per)
    # Unused places hold random rows with weight 0, so that no single row is hit by all of them.
    spread = np.random.default_rng(0)
    chars = spread.integers(0, 2**32, (n, CHARS), np.uint32)
    ok = col < CHARS
    chars[g_text[ok], col[ok]] = g[ok]
    # Pairs: neighbours and words with one between.
    pairs = spread.integers(0, 2**32, (n, PAIRS), np.uint32)
    count = np.zeros(n, np.int64)
    for gap in (1, 2):
        a, b = ids[:-gap], ids[gap:]
        same = text[:-gap] == text[gap:]
        a, b, row = whole[a[same]], whole[b[same]], text[:-gap][same]
        h = ((a * np.uint64(0x9E3779B97F4A7C15)) ^ (b * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(gap)))
        h = ((h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(32)
        per = np.bincount(row, minlength=n)
        col = np.arange(len(row)) - np.repeat(np.cumsum(per) - per, per) + count[row]
        ok = col < PAIRS
        pairs[row[ok], col[ok]] = h[ok].astype(np.uint32)
        count = np.minimum(count + per, PAIRS)
    n_chars = np.minimum(np.bincount(g_text, minlength=n), CHARS)
    return chars.view(np.int32), n_chars, pairs.view(np.int32), count


def tokens(path, texts):
    from tokenizers import Tokenizer
    tok = Tokenizer.from_file(path)
    tok.no_padding()
    tok.enable_truncation(T)
    out = np.zeros((len(texts), T), np.int32)
    for i in range(0, len(texts), 50_000):
        for j, e in enumerate(tok.encode_batch(texts[i:i + 50_000], add_special_tokens=False)):
            out[i + j, :len(e.ids)] = e.ids
    return out


def static_vectors(model, tokenizer, device, limit=None):
    """Mean state of [CLS] token [SEP] for every token, as one array."""
    from pack_encoder import read
    from train_encoder import Stacked
    w = read(model)
    m = Stacked(w, 1, device)
    m.start()
    n = w["embeddings.word_embeddings.weight"].shape[0]
    ids = torch.arange(n if limit is None else limit, device=device)
    ids = torch.stack([torch.full_like(ids, 101), ids, torch.full_like(ids, 102)], 1)
    ids = torch.cat([ids, ids[:-len(ids) % 3]] if len(ids) % 3 else [ids])
    with torch.no_grad():
        out = [m.encode(x.view(3, -1, 3)).float().reshape(-1, m.dim) for x in ids.split(3 * 1024)]
    out = torch.cat(out)[:n]
    if len(out) < n:
        out = torch.cat([out, torch.zeros(n - len(out), m.dim, device=device)])
    return out


def principal(v, d):
    v = v - v.mean(0)
    _, vec = torch.linalg.eigh(v.T @ v)
    return v @ vec.flip(1)[:, :d]


try:
    import triton
    import triton.language as tl

    @triton.jit
    def lazy_adam_kernel(P, G, M, V, LR, rows, per, c1, c2, D: tl.constexpr, R: tl.constexpr, W: tl.constexpr):
        row = tl.program_id(0).to(tl.int64) * R + tl.arange(0, R)
        col = tl.arange(0, W)
        inside = (row[:, None] < rows) & (col[None, :] < D)
        at = row[:, None] * D + col[None, :]
        g = tl.load(G + at, mask=inside, other=0.0)
        touched = tl.sum(tl.abs(g), 1) > 0
        use = inside & touched[:, None]
        lr = tl.load(LR + row // per, mask=row < rows, other=0.0)
        m = tl.load(M + at, mask=use, other=0.0)
        v = tl.load(V + at, mask=use, other=0.0)
        p = tl.load(P + at, mask=use, other=0.0)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        p = p - lr[:, None] * (m * c1) / (tl.sqrt(v * c2) + 1e-8)
        tl.store(M + at, m, mask=use)
        tl.store(V + at, v, mask=use)
        tl.store(P + at, p, mask=use)
except ImportError:
    triton = None


class Adam:
    """Adam with one rate a configuration; lazy for tables."""

    def __init__(self, p, lazy):
        self.p, self.lazy, self.n = p, lazy, 0
        self.m, self.v = torch.zeros_like(p), torch.zeros_like(p)

    @torch.no_grad()
    def step(self, lr):
        p, g = self.p, self.p.grad
        self.n += 1
        c1, c2 = 1 / (1 - 0.9**self.n), 1 / (1 - 0.999**self.n)
        if self.lazy and p.is_cuda and triton is not None:
            rows, d = p.shape[0] * p.shape[1], p.shape[2]
            width = triton.next_power_of_2(d)
            block = max(1, 2048 // width)
            lazy_adam_kernel[(triton.cdiv(rows, block),)](
                p, g, self.m, self.v, lr, rows, p.shape[1], c1, c2, D=d, R=block, W=width)
        else:
            touched = (g.abs().sum(-1, keepdim=True) > 0) if self.lazy else None
            m, v = self.m.lerp(g, 0.1), self.v.lerp(g * g, 0.001)
            new = p - lr.view(-1, *[1] * (p.dim() - 1)) * m * c1 / ((v * c2).sqrt() + 1e-8)
            if self.lazy:
                m, v = torch.where(touched, m, self.m), torch.where(touched, v, self.v)
                new = torch.where(touched, new, p)
            self.m.copy_(m), self.v.copy_(v), p.copy_(new)
        p.grad = None


def quantise(t, levels):
    """Rounds every row (last axis) to whole numbers up to `levels`, with one scale a row."""
    s = t.abs().amax(-1, keepdim=True) / levels + 1e-12
    return (t / s).round() * s


class Students:
    def __init__(self, cfgs, vectors, n_classes, device, seed):
        self.cfgs, self.k, self.dev = cfgs, len(cfgs), device
        self.half = torch.bfloat16 if device == "cuda" else torch.float32
        top = lambda key: max(c[key] for c in cfgs)
        g = torch.Generator(device="cpu").manual_seed(seed)
        d, f, h, dc, dp = top("d"), top("f"), top("h"), top("char_dim"), top("pair_dim")
        self.d, self.f, self.h, self.dc, self.dp = d, f, h, dc, dp

        def rand(*shape, scale):
            # The same start for all configurations.
            t = torch.randn(*shape, generator=g) * scale
            return t.to(device)[None].repeat(self.k, *[1] * len(shape)).requires_grad_()

        v = principal(vectors, d)
        v = v / v.std() * 0.3
        tok = v[None].repeat(self.k, 1, 1)
        for i, c in enumerate(cfgs):
            if not c["init"]:
                tok[i] = torch.randn(v.shape, generator=g).to(device) * 0.1
        tok[:, 0] = 0
        width = 4 * f + d + dc + dp
        p = dict(
            tok=tok.requires_grad_(),
            chars=rand(1 << top("char_bits"), dc, scale=0.05),
            pairs=rand(1 << top("pair_bits"), dp, scale=0.05),
            hid=rand(width, h, scale=(2 / width) ** 0.5),
            hidb=rand(1, h, scale=0), out=rand(h, n_classes, scale=(1 / h) ** 0.5),
            outb=rand(1, n_classes, scale=0),
        )
        for w in (1, 2, 3, 4):
            p[f"conv{w}"] = rand(w * d, f, scale=(2 / (w * d)) ** 0.5)
            p[f"convb{w}"] = rand(1, f, scale=0)
        self.p = p
        self.opt = {n: Adam(t, n in ("tok", "chars", "pairs")) for n, t in p.items()}

        def mask(key, size, shape):
            m = torch.stack([(torch.arange(size) < c[key]).float() for c in cfgs]).to(device)
            return m.view(self.k, *shape)

        col = lambda key: torch.tensor([float(c[key]) for c in cfgs], device=device)
        self.md = mask("d", d, (1, 1, d))
        self.mf = mask("f", f, (1, f)) * col("conv").view(-1, 1, 1)
        self.mh = mask("h", h, (1, h))
        self.mc = mask("char_dim", dc, (1, dc)) * col("chars").view(-1, 1, 1)
        self.mp = mask("pair_dim", dp, (1, dp)) * col("pairs").view(-1, 1, 1)
        self.mean = col("mean").view(-1, 1, 1)
        self.bag = col("bag").view(-1, 1)
        self.alpha, self.drop = col("alpha").view(-1, 1), col("drop").view(-1, 1, 1)
        self.group, self.sharp = col("group").view(-1, 1), col("sharp").view(-1, 1, 1)
        bits = lambda key: (torch.tensor([1 << c[key] for c in cfgs], device=device) - 1).view(-1, 1, 1)
        self.char_mask, self.pair_mask = bits("char_bits"), bits("pair_bits")

    def bag_of(self, table, index, mask, count):
        k, b, n = index.shape
        size = table.shape[1]
        i = (index.long() & mask) + torch.arange(k, device=index.device).view(-1, 1, 1) * size
        w = (torch.arange(n, device=index.device) < count[..., None]).float()
        w = w * count.clamp(min=1).float().pow(-self.bag)[..., None]
        out = F.embedding_bag(i.view(k * b, n), table.view(-1, table.shape[2]), mode="sum",
                              per_sample_weights=w.view(k * b, n))
        return out.view(k, b, -1)

    def logits(self, x, p=None, train=False):
        """x: ids K x B x T, chars, n_chars, pairs, n_pairs."""
        p = p or self.p
        ids, chars, nc, pairs, npair = x
        k, b, t = ids.shape
        v = p["tok"].shape[1]
        at = ids.long() + torch.arange(k, device=ids.device).view(-1, 1, 1) * v
        e = F.embedding(at.view(-1), p["tok"].view(-1, self.d)).view(k, b * t, self.d)
        live = (ids > 0).view(k, b * t, 1).float()
        e = e * live * self.md[:, 0]
        n = live.view(k, b, t).sum(2).clamp(min=1)
        blocks = []
        pad = F.pad(e.view(k, b, t, self.d).to(self.half), (0, 0, 0, 3))
        for w in (1, 2, 3, 4):
            win = torch.cat([pad[:, :, i:i + t] for i in range(w)], -1).view(k, b * t, w * self.d)
            z = torch.baddbmm(p[f"convb{w}"].to(self.half), win, p[f"conv{w}"].to(self.half)).relu()
            z = (z.float() * live).view(k, b, t, self.f).amax(2)
            blocks.append(z * self.mf)
        blocks.append(e.view(k, b, t, self.d).sum(2) / n[..., None] * self.mean)
        blocks.append(self.bag_of(p["chars"], chars, self.char_mask, nc) * self.mc)
        blocks.append(self.bag_of(p["pairs"], pairs, self.pair_mask, npair) * self.mp)
        c = torch.cat(blocks, -1)
        h = (c.to(self.half) @ p["hid"].to(self.half)).float() + p["hidb"]
        h = h.relu() * self.mh
        if train:
            h = h * (torch.rand_like(h) >= self.drop).float() / (1 - self.drop)
        return (h.to(self.half) @ p["out"].to(self.half)).float() + p["outb"]

    def loss(self, z, y, hard, qc, qp, groups):
        all_z = z.logsumexp(-1)
        ce = all_z - z.gather(-1, y[..., None])[..., 0]
        for g in groups:
            inside = g[None, None, :] == g[y][..., None]
            ce = ce + self.group * (all_z - z.masked_fill(~inside, -1e9).logsumexp(-1))
        q = qp.pow(self.sharp)
        q = q / q.sum(-1, keepdim=True).clamp(min=1e-6)
        soft = (q * (all_z[..., None] - z.gather(-1, qc))).sum(-1)
        # Where there is no sure label the teachers speak alone.
        a = torch.where(hard, self.alpha, torch.zeros_like(self.alpha))
        return (a * ce + (1 - a) * soft).mean(1)

    def step(self, rates):
        for n, o in self.opt.items():
            o.step(rates[1 if o.lazy else 0])

    def quantised(self, tables, dense=127):
        out = {}
        for n, t in self.p.items():
            t = t.detach()
            if n in ("tok", "chars", "pairs"):
                out[n] = quantise(t, tables)
            elif n.startswith(("conv", "hid", "out")) and t.shape[1] > 1:
                out[n] = quantise(t.transpose(1, 2), dense).transpose(1, 2)
            else:
                out[n] = t
        return out


def size_mb(c, v, n_classes, table=4, out=8):
    tok = v * c["d"] * table / 8 + 2 * v
    ch = c["chars"] * (1 << c["char_bits"]) * (c["char_dim"] * table / 8 + 1)
    pa = c["pairs"] * (1 << c["pair_bits"]) * (c["pair_dim"] * table / 8 + 1)
    width = 4 * c["f"] * c["conv"] + c["d"] + c["char_dim"] + c["pair_dim"]
    return (tok + ch + pa + c["conv"] * 10 * c["d"] * c["f"] + width * c["h"] + c["h"] * n_classes * out / 8) / 1e6


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True), a.add_argument("--composed", required=True)
    a.add_argument("--pairs", required=True), a.add_argument("--labels", required=True, help="npz of fuse_labels.py")
    a.add_argument("--model", required=True), a.add_argument("--tokenizer", required=True)
    a.add_argument("--plan", required=True, help="JSON: list of groups; a group: {name, seconds, configs: {name: changes}}")
    a.add_argument("--out", required=True), a.add_argument("--cache")
    a.add_argument("--batch", type=int, default=512), a.add_argument("--seed", type=int, default=1)
    a.add_argument("--workers", type=int, default=2), a.add_argument("--limit", type=int)
    a.add_argument("--prefixes", default="dev_,sel_,test_")
    a.add_argument("--steps", type=int, default=10**9)
    o = a.parse_args()
    begin = time.time()
    dev = "cuda" if torch.cuda.is_available() else "cpu"
    texts = Texts(o.data, o.composed, o.limit)
    sets = eval_sets(o.pairs, texts.classes, o.prefixes.split(","))
    n_text, n_classes = len(texts.text), len(texts.classes)
    everything = texts.text + [t for s in sets.values() for t in s[0]]
    if o.cache and os.path.exists(o.cache):
        z = np.load(o.cache)
        arrays = [z[f"a{i}"] for i in range(5)]
    else:
        arrays = [tokens(o.tokenizer, everything), *features(everything, o.workers)]
        if o.cache:
            np.savez(o.cache, **{f"a{i}": x for i, x in enumerate(arrays)})
    data = [torch.tensor(x, device=dev) for x in arrays]
    print(f"{time.time() - begin:.0f} s: features; characters {arrays[1].mean():.1f}, pairs {arrays[3].mean():.1f}", flush=True)
    z = np.load(o.labels)
    assert str(z["digest"]) == texts.digest
    qc = torch.tensor(z["classes"][:, :6].astype(np.int64), device=dev)
    qp = torch.tensor(z["q"][:, :6].astype(np.float32) / 255, device=dev)
    y = torch.tensor(texts.y, device=dev)
    hard = torch.tensor((texts.y == texts.y2), device=dev)
    groups = [torch.tensor(texts.groups(x), device=dev) for x in (4, 2)]
    kinds = texts.kind
    lex = torch.tensor(np.flatnonzero((kinds == "lexicon") & (np.arange(n_text) < texts.n_own)), device=dev)
    main_rows = torch.tensor(np.flatnonzero((kinds != "lexicon") & (np.arange(n_text) < texts.n_own)), device=dev)
    comp = torch.arange(texts.n_own, n_text, device=dev)
    vectors = static_vectors(o.model, o.tokenizer, dev, 300 if o.limit else None)
    print(f"{time.time() - begin:.0f} s: token vectors", flush=True)
    for number, part in enumerate(json.load(open(o.plan))):
        names = list(part["configs"])
        cfgs = [BASE | part.get("base", {}) | part["configs"][n] for n in names]
        torch.manual_seed(o.seed + number)
        s = Students(cfgs, vectors, n_classes, dev, part.get("seed", o.seed))
        k, b = len(cfgs), part.get("batch", o.batch)
        c = torch.tensor([x["comp"] for x in cfgs], device=dev).view(-1, 1)
        share = torch.tensor([x["lex"] * len(lex) / max(1, x["lex"] * len(lex) + len(main_rows)) for x in cfgs], device=dev).view(-1, 1)
        peak = [torch.tensor([x[n] for x in cfgs], device=dev) for n in ("lr", "table_lr")]

        def draw():
            u = torch.rand(k, b, device=dev)
            pick = lambda pool: pool[(torch.rand(k, b, device=dev) * len(pool)).long().clamp(max=len(pool) - 1)]
            own = torch.where(torch.rand(k, b, device=dev) < share, pick(lex), pick(main_rows))
            return torch.where(u < c, pick(comp), own) if len(comp) else own

        t0, step, steps = time.time(), 0, min(o.steps, part.get("steps", 10**9))
        known = steps < 10**8
        while step < steps:
            if not known and step in (40, 400):
                # The schedule's length follows from the time a step takes.
                if dev == "cuda":
                    torch.cuda.synchronize()
                if step == 40:
                    t1 = time.time()
                else:
                    steps, known = int(step + (part["seconds"] - (time.time() - t0)) / ((time.time() - t1) / 360)), True
            done = step / steps if known else 0.0
            rate = min(1.0, (step + 1) / 200) * (1 - done if done > 0.1 else 1.0) / (0.9 if done > 0.1 else 1.0)
            rate = min(1.0, rate)
            r = draw()
            z = s.logits([x[r] for x in data], train=True)
            loss = s.loss(z, y[r], hard[r], qc[r], qp[r], groups)
            loss.sum().backward()
            s.step([p * rate for p in peak])
            step += 1
            if step % 1000 == 0:
                print(f"  {step}/{steps} {time.time() - t0:.0f} s, loss {loss.mean().item():.3f}", flush=True)
        if dev == "cuda":
            torch.cuda.synchronize()
        print(f"{time.time() - begin:.0f} s: {part['name']}: {step} steps of {b}, {1000 * (time.time() - t0) / step:.1f} ms a step", flush=True)
        rest = torch.arange(n_text, len(everything), device=dev)
        kept, report = {}, {}
        for label, weights in (("f32", None), ("i8", s.quantised(127)), ("i4", s.quantised(7)), ("i4 out i4", s.quantised(7, 7))):
            with torch.no_grad():
                ev = torch.cat([F.log_softmax(s.logits([x[r][None].expand(k, *x[r].shape) for x in data], weights), -1).half()
                                for r in rest.split(512)], 1)
            for i, name in enumerate(names):
                e = ev[i].float()
                fig = figures(e, sets)
                report[f"{name} {label}"] = dict(dev=fig, test=figures(e, sets, tests=True))
                score = np.mean([x + 0.5 * w for x, w, _ in fig.values()])
                show(f"{name} {label} {size_mb(cfgs[i], len(vectors), n_classes):.1f}MB {score:.2f}", fig)
            if label in ("f32", "i4"):
                v, j = ev.topk(min(KEPT, n_classes), -1)
                kept[f"logp_{label}"] = v.cpu().numpy()
                kept[f"class_{label}"] = j.cpu().numpy().astype(np.uint16)
        np.savez_compressed(f"{o.out}_{part['name']}.npz", names=names, **{n: x for n, x in kept.items() if "i4" in n})
        with open(f"{o.out}_{part['name']}.json", "w") as f:
            json.dump(dict(names=names, configs=cfgs, steps=step, batch=b, report=report), f)
        del s
    print(f"{time.time() - begin:.0f} s: done", flush=True)


if __name__ == "__main__":
    main()
