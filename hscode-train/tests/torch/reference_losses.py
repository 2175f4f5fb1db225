"""Losses of a small Text-CNN in PyTorch, for the test `losses_are_those_of_pytorch` in src/nets/checks.rs.

The same numbers to start from, the same texts, the same loss and optimiser as in Rust, by PyTorch's own
layers, automatic gradients and Adam. Run: python3 reference_losses.py > reference_losses.json
"""

import json
import math

import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1
CODES = ["010121", "010129", "010130", "010221", "020110", "020120", "030111"]


def mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


class Draws:
    """The twin of nets::math::Draws."""

    def __init__(self, seed, stream):
        self.state = mix(mix(seed ^ 0x9E3779B97F4A7C15) ^ (stream * 0xD1B54A32D192ED03 & MASK))

    def sub(self, stream):
        return Draws(self.state, stream)

    def bits(self, at):
        return mix((self.state + at * 0x9E3779B97F4A7C15) & MASK)

    def unit(self, at):
        return (self.bits(at) >> 40) / 16777216.0

    def normal(self, at):
        return sum(self.unit(at * 12 + n) for n in range(12)) - 6.0

    def below(self, at, bound):
        return (self.bits(at) * bound) >> 64


def drawn(rows, cols, deviation, draws):
    numbers = [deviation * draws.normal(at) for at in range(rows * cols)]
    return torch.tensor(numbers, dtype=torch.float32).view(rows, cols).requires_grad_()


def texts():
    out = []
    for text in range(11):
        d = Draws(5, 5).sub(text)
        ids = lambda start, n, below: [d.below(start + at, below) for at in range(n)]
        tokens = ids(0, 1 + d.below(999, 6), 30)
        pairs = ids(100, d.below(998, 4), 20)
        grams = ids(200, d.below(997, 9), 25)
        cls = d.below(996, 7)
        shares = {cls: 0.7, (cls + 2) % 7: 0.3} if text % 3 == 0 else {cls: 1.0}
        out.append((tokens, pairs, grams, shares, 0.5 + d.unit(995)))
    return out


def main():
    torch.set_num_threads(1)
    dim, filters, widths, hidden = 6, 5, [1, 2, 4], [9, 8]
    part = lambda n: Draws(3, 1000 + n)
    tables = [drawn(30, dim, 0.3, part(0)), drawn(20, 3, 0.05, part(1)), drawn(25, 4, 0.05, part(2))]
    zeros = lambda n: torch.zeros(n, requires_grad=True)
    convs = [(drawn(filters, w * dim, math.sqrt(2 / (w * dim)), part(3).sub(i)), zeros(filters))
             for i, w in enumerate(widths)]
    layers, inputs = [], filters * len(widths) * 2 + 3 + 4
    for i, units in enumerate(hidden):
        layers.append((drawn(units, inputs, math.sqrt(2 / inputs), part(10 + i)), zeros(units)))
        inputs = units
    layers.append((drawn(len(CODES), inputs, math.sqrt(1 / inputs), part(6)), zeros(len(CODES))))
    pairs = convs + layers
    dense = torch.optim.AdamW(
        [{"params": [w for w, _ in pairs], "weight_decay": 0.1}, {"params": [b for _, b in pairs], "weight_decay": 0.0}],
        lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    sparse = torch.optim.SparseAdam(tables, lr=0.02, betas=(0.9, 0.999), eps=1e-8)

    def bag(ids, table):
        if not ids:
            return torch.zeros(table.shape[1])
        return F.embedding(torch.tensor(ids), table, sparse=True).sum(0) / math.sqrt(len(ids))

    def forward(tokens, pair_ids, gram_ids):
        x = F.embedding(torch.tensor(tokens), tables[0], sparse=True)
        maxes, means = [], []
        for w, (weight, bias) in zip(widths, convs):
            padded = torch.cat([x, torch.zeros(w - 1, dim)])
            kernel = weight.view(filters, w, dim).transpose(1, 2)
            z = F.relu(F.conv1d(padded.t()[None], kernel, bias)[0].t())
            maxes.append(z.max(0).values), means.append(z.mean(0))
        x = torch.cat(maxes + means + [bag(pair_ids, tables[1]), bag(gram_ids, tables[2])])
        for weight, bias in layers[:-1]:
            x = F.relu(F.linear(x, weight, bias))
        return F.linear(x, *layers[-1])

    def group(digits):
        names = sorted({c[:digits] for c in CODES})
        return torch.tensor([names.index(c[:digits]) for c in CODES]), len(names)

    losses = []
    for _ in range(40):
        total = 0.0
        for tokens, pair_ids, gram_ids, shares, weight in texts():
            logits = forward(tokens, pair_ids, gram_ids)
            target = torch.zeros(len(CODES))
            for cls, share in shares.items():
                target[cls] = share
            log_p = F.log_softmax(logits, 0)
            loss = -((target * 0.9 + 0.1 / len(CODES)) * log_p).sum()
            for factor, digits in ((0.4, 4), (0.2, 2)):
                of, n = group(digits)
                p = torch.zeros(n).index_add(0, of, log_p.exp())
                t = torch.zeros(n).index_add(0, of, target)
                loss = loss - factor * (t * p.log()).sum()
            total = total + weight * loss / len(texts())
        losses.append(total.item())
        dense.zero_grad(), sparse.zero_grad()
        total.backward()
        dense.step(), sparse.step()
    print(json.dumps({"torch": torch.__version__, "losses": losses}))


main()
