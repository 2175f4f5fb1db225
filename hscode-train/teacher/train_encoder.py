"""Fine-tunes a sentence encoder as a teacher, all folds at once, and labels every text out of fold.

The folds are stacked: every weight has a leading axis of FOLDS, every step
trains FOLDS models on their own rows (those of the other folds) with batched
products, so that small batches still fill a GPU. Batches hold texts of one
token length, so nothing is padded. Weights in float32, arithmetic in bfloat16.

Recipe (MiniLM): head from the class means (unit length, times 12 over the mean
norm), AdamW, encoder 2e-4, head 2e-3, 5% warm-up then cosine to zero, batch
256, 3 epochs, 10% of the tokens replaced by the mask token, dropout 0.1 before
the head, loss = NLL at 6 digits + 0.3 at 4 + 0.3 at 2 (summed probabilities),
gradient norm clipped at 1. Not reproducible to the bit on a GPU.

Output: OUT.npz with, a text, the classes and log probabilities of the TOP best
(from the model that has not seen the text's fold), and OUT_eval.npy, the mean
over the folds of the log probabilities of the evaluation pairs.
"""

import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from common import FOLDS, Texts, eval_sets, figures, show
from pack_encoder import read

TOP = 48
K = FOLDS


def names(w):
    """Maps either architecture to one set of names."""
    mp = "encoder.relative_attention_bias.weight" in w
    a = "attention.attn." if mp else "attention.self."
    q = dict(q="q", k="k", v="v") if mp else dict(q="query", k="key", v="value")
    o = "attention.attn.o" if mp else "attention.output.dense"
    ln1 = "attention.LayerNorm" if mp else "attention.output.LayerNorm"
    return mp, a, q, o, ln1


def relative_buckets(t, buckets=32, most=128):
    """Bucket of every (query, key) pair, as MPNet defines it (bidirectional, as in T5)."""
    rel = torch.arange(t)[None, :] - torch.arange(t)[:, None]
    n = -rel
    half = buckets // 2
    out = (n < 0).long() * half
    n = n.abs()
    exact = half // 2
    far = exact + (torch.log(n.float().clamp(min=1) / exact) / np.log(most / exact) * (half - exact)).long()
    return out + torch.where(n < exact, n, far.clamp(max=half - 1))


class Stacked:
    """FOLDS encoders of one shape with their heads; plain tensors, no modules."""

    def __init__(self, w, n_classes, device):
        self.mp, a, q, o, ln1 = names(w)
        self.layers = 1 + max(int(n.split(".")[2]) for n in w if n.startswith("encoder.layer."))
        self.device, self.p = device, {}
        put = self.put
        put("tok", w["embeddings.word_embeddings.weight"])
        pos = w["embeddings.position_embeddings.weight"]
        if self.mp:
            pos = pos[2:]
            self.heads, self.eps = 12, 1e-5
            self.rel = torch.tensor(w["encoder.relative_attention_bias.weight"], device=device)
        else:
            pos = pos + w["embeddings.token_type_embeddings.weight"][:1]
            self.heads, self.eps = 12, 1e-12
        put("pos", pos)
        put("ln0g", w["embeddings.LayerNorm.weight"][None]), put("ln0b", w["embeddings.LayerNorm.bias"][None])
        for i in range(self.layers):
            e = f"encoder.layer.{i}."
            qkv = [w[e + a + q[x] + ".weight"].T for x in "qkv"]
            put(f"qkv{i}", np.concatenate(qkv, 1))
            put(f"qkvb{i}", np.concatenate([w[e + a + q[x] + ".bias"] for x in "qkv"])[None])
            for new, old in (("o", o), ("f1", "intermediate.dense"), ("f2", "output.dense")):
                put(f"{new}{i}", w[e + old + ".weight"].T)
                put(f"{new}b{i}", w[e + old + ".bias"][None])
            for new, old in (("ln1", ln1), ("ln2", "output.LayerNorm")):
                put(f"{new}g{i}", w[e + old + ".weight"][None])
                put(f"{new}b{i}", w[e + old + ".bias"][None])
        self.dim = w["embeddings.word_embeddings.weight"].shape[1]
        put("head", np.zeros((self.dim, n_classes), np.float32))
        put("headb", np.zeros((1, n_classes), np.float32))
        self.offsets = torch.arange(K, device=device)[:, None, None] * w["embeddings.word_embeddings.weight"].shape[0]

    def put(self, name, value):
        t = torch.tensor(np.ascontiguousarray(value), device=self.device)
        self.p[name] = t.expand(K, *t.shape).contiguous()

    def start(self):
        """Working copies in bfloat16 that take the gradients."""
        self.w = {n: t.bfloat16().requires_grad_() for n, t in self.p.items()}

    def norm(self, x, g, b):
        return F.layer_norm(x, x.shape[-1:], eps=self.eps) * self.w[g] + self.w[b]

    def encode(self, ids):
        """ids: K x B x T. Mean of the last states: K x B x dim."""
        w, (k, b, t) = self.w, ids.shape
        x = F.embedding(ids + self.offsets, w["tok"].flatten(0, 1))
        x = x + w["pos"][:, None, :t]
        x = x.reshape(k, b * t, self.dim)
        x = self.norm(x, "ln0g", "ln0b")
        bias = None
        if self.mp:
            bias = self.rel[relative_buckets(t).to(ids.device)].permute(2, 0, 1)[None].to(x.dtype)
        for i in range(self.layers):
            qkv = torch.baddbmm(w[f"qkvb{i}"], x, w[f"qkv{i}"])
            qkv = qkv.view(k * b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], attn_mask=bias)
            y = y.transpose(1, 2).reshape(k, b * t, self.dim)
            x = self.norm(x + torch.baddbmm(w[f"ob{i}"], y, w[f"o{i}"]), f"ln1g{i}", f"ln1b{i}")
            y = F.gelu(torch.baddbmm(w[f"f1b{i}"], x, w[f"f1{i}"]))
            x = self.norm(x + torch.baddbmm(w[f"f2b{i}"], y, w[f"f2{i}"]), f"ln2g{i}", f"ln2b{i}")
        return x.view(k, b, t, self.dim).mean(2)

    def logits(self, mean):
        return torch.baddbmm(self.w["headb"], mean, self.w["head"]).float()


def tokenise(path, texts, longest):
    tok = Tokenizer.from_file(path)
    tok.no_padding()
    tok.enable_truncation(longest)
    out = []
    for i in range(0, len(texts), 50_000):
        out += [np.array(e.ids, np.int32) for e in tok.encode_batch(texts[i:i + 50_000])]
    return out, tok.token_to_id("<mask>") or tok.token_to_id("[MASK]")


class ByLength:
    """Rows grouped by token length, on the device."""

    def __init__(self, ids, device):
        self.len = np.array([len(x) for x in ids])
        self.longest = int(self.len.max())
        pad = np.zeros((len(ids), self.longest), np.int32)
        for i, x in enumerate(ids):
            pad[i, :len(x)] = x
        self.ids = torch.tensor(pad, device=device)

    def batches(self, rows_by_slot, size, rng=None):
        """Yields (T, K x B row numbers). Shuffled and cut to equal counts when rng is given."""
        for t in range(1, self.longest + 1):
            slots = [r[self.len[r] == t] for r in rows_by_slot]
            if rng is not None:
                slots = [rng.permutation(s) for s in slots]
                n = min(map(len, slots))
            else:
                n = max(map(len, slots))
                slots = [np.concatenate([s, np.full(n - len(s), -1)]) for s in slots]
            if n == 0:
                continue
            for part in np.array_split(np.stack([s[:n] for s in slots]), -(-n // size), axis=1):
                yield t, part


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True, help="folder with descriptions/ and titles/")
    a.add_argument("--composed", help="composed texts (TSV)")
    a.add_argument("--pairs", default="", help="folder of evaluation pairs, dev_*.jsonl.gz")
    a.add_argument("--model", required=True), a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--epochs", type=float, default=3)
    a.add_argument("--batch", type=int, default=256)
    a.add_argument("--lr", type=float, default=2e-4), a.add_argument("--head-lr", type=float, default=2e-3)
    a.add_argument("--longest", type=int, default=40)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--limit", type=int, help="rows, for a trial run")
    a.add_argument("--seconds", type=float, default=1e9, help="steps are cut so that training ends within this")
    a.add_argument("--prefixes", default="dev_,sel_")
    o = a.parse_args()
    begin = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(o.seed)
    rng = np.random.default_rng(o.seed)
    texts = Texts(o.data, o.composed, o.limit)
    sets = eval_sets(o.pairs, texts.classes, o.prefixes.split(","))
    extra = [t for s in sets.values() for t in s[0]]
    ids, mask_id = tokenise(o.tokenizer, texts.text + extra, o.longest)
    data = ByLength(ids, device)
    y = torch.tensor(texts.y, device=device)
    fold_of = torch.tensor(texts.fold, device=device)
    own = np.arange(texts.n_own)
    train = [own[texts.fold[:texts.n_own] != k] for k in range(K)]
    n_classes = len(texts.classes)
    m = Stacked(read(o.model), n_classes, device)
    m.start()
    print(f"{time.time() - begin:.0f} s: {len(ids)} texts, mean length {data.len.mean():.1f}", flush=True)

    def rows_of(part):
        return torch.tensor(part, device=device)

    # Head from the class means.
    with torch.no_grad():
        total = torch.zeros(K, n_classes, m.dim, device=device)
        norm, count = 0.0, 0
        # The encoders are still equal: each slot embeds its third of the rows for all folds.
        for t, part in data.batches([own[j::K] for j in range(K)], 2048):
            r = rows_of(part)
            mean = m.encode(data.ids[r.clamp(min=0), :t].long()).float()
            for j in range(K):
                use = r[j] >= 0
                rows, v = r[j][use], mean[j][use]
                norm += v.norm(dim=-1).sum()
                count += len(rows)
                for k in range(K):
                    seen = fold_of[rows] != k
                    total[k].index_add_(0, y[rows[seen]], v[seen])
        unit = F.normalize(total, dim=-1) * (12 / (norm / count))
        m.p["head"].copy_(unit.transpose(1, 2))
        m.w["head"].copy_(m.p["head"])
    print(f"{time.time() - begin:.0f} s: head started", flush=True)

    groups = [torch.tensor(texts.groups(d), device=device) for d in (4, 2)]
    keys = list(m.p)
    head_keys = ("head", "headb")
    opt = torch.optim.AdamW([
        dict(params=[m.p[n] for n in keys if n not in head_keys], peak=o.lr),
        dict(params=[m.p[n] for n in head_keys], peak=o.head_lr),
    ], lr=1.0, weight_decay=0.01, betas=(0.9, 0.999), fused=device == "cuda")
    for n in keys:
        m.p[n].grad = torch.zeros_like(m.p[n])
    plan = []
    for epoch in range(int(np.ceil(o.epochs))):
        part = list(data.batches(train, o.batch, rng))
        rng.shuffle(part)
        plan += part[:round(len(part) * min(1, o.epochs - epoch))]
    steps, t0, losses = len(plan), time.time(), []
    for step, (t, part) in enumerate(plan):
        done = step / steps
        if step >= 50:
            # Progress by steps or by time, whichever is further.
            done = max(done, (time.time() - t0) / o.seconds)
        if done >= 1:
            break
        rate = done / 0.05 if done < 0.05 else 0.5 * (1 + np.cos(np.pi * (done - 0.05) / 0.95))
        for g in opt.param_groups:
            g["lr"] = g["peak"] * max(rate, 1e-4)
        r = rows_of(part)
        x = data.ids[r, :t].long()
        hide = torch.rand(x.shape, device=device) < 0.1
        hide[..., 0] = False
        hide[..., -1] = False
        mean = m.encode(torch.where(hide, mask_id, x))
        z = m.logits(F.dropout(mean, 0.1))
        target = y[r]
        all_z = z.logsumexp(-1)
        loss = (all_z - z.gather(-1, target[..., None])[..., 0]).mean(1)
        for g in groups:
            inside = g[None, None, :] == g[target][..., None]
            loss = loss + 0.3 * (all_z - z.masked_fill(~inside, -1e9).logsumexp(-1)).mean(1)
        loss.sum().backward()
        grads = [m.w[n].grad for n in keys]
        torch._foreach_copy_([m.p[n].grad for n in keys], grads)
        for n in keys:
            m.w[n].grad = None
        # Clip each fold's gradient on its own.
        square = sum(m.p[n].grad.flatten(1).pow(2).sum(1) for n in keys)
        scale = (1 / (square.sqrt() + 1e-6)).clamp(max=1)
        torch._foreach_mul_([m.p[n].grad for n in keys],
                            [scale.view(K, *[1] * (m.p[n].dim() - 1)) for n in keys])
        opt.step()
        with torch.no_grad():
            torch._foreach_copy_([m.w[n] for n in keys], [m.p[n] for n in keys])
        if step % 200 == 0:
            losses.append(loss.mean().item())
            print(f"{time.time() - begin:.0f} s: step {step}/{steps} loss {losses[-1]:.3f}", flush=True)
    print(f"{time.time() - begin:.0f} s: trained", flush=True)

    with torch.no_grad():
        n, n_text = len(ids), len(texts.text)
        top = min(TOP, n_classes)
        classes = torch.zeros(n_text, top, dtype=torch.int16, device=device)
        logp = torch.zeros(n_text, top, dtype=torch.float16, device=device)
        everything = np.arange(n_text)
        for t, part in data.batches([everything[texts.fold == k] for k in range(K)], 2048):
            r = rows_of(part)
            z = F.log_softmax(m.logits(m.encode(data.ids[r.clamp(min=0), :t].long())), -1)
            v, c = z.topk(top, -1)
            keep = r >= 0
            classes[r[keep]] = c[keep].short()
            logp[r[keep]] = v[keep].half()
        ev = torch.zeros(K, n - n_text, n_classes, device=device)
        rest = np.arange(n_text, n)
        for t, part in data.batches([rest] * K, 1024):
            r = rows_of(part)
            ev[:, r[0] - n_text] = F.log_softmax(m.logits(m.encode(data.ids[r, :t].long())), -1)
    for k in range(K):
        show(f"fold {k}", figures(ev[k].cpu().numpy(), sets))
    mean = ev.mean(0)
    show("mean of folds, log", figures(mean.cpu().numpy(), sets))
    hit = (classes[:texts.n_own, 0].cpu().numpy() == texts.y[:texts.n_own].astype(np.int16)).mean()
    print(f"own text out of fold: {100 * hit:.1f}% of {texts.n_own}")
    np.savez(o.out + ".npz", classes=classes.cpu().numpy().view(np.uint16), logp=logp.cpu().numpy(),
             digest=texts.digest, losses=json.dumps(losses))
    np.save(o.out + "_eval.npy", mean.half().cpu().numpy())
    print(f"{time.time() - begin:.0f} s: done", flush=True)


if __name__ == "__main__":
    main()
