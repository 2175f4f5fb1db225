"""Writes the fused labels as the compact file that hscode-train reads (see src/labels.rs for the layout)."""

import argparse
import hashlib
import struct
import zlib

import numpy as np

from common import Texts


def columns(values, use):
    return b"".join(values[:, j][use[:, j]].tobytes() for j in range(values.shape[1]))


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("fused", help="OUT.npz of fuse_labels.py")
    a.add_argument("--data", required=True), a.add_argument("--composed", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    texts = Texts(o.data, o.composed)
    z = np.load(o.fused)
    assert str(z["digest"]) == texts.digest, "labels of other texts"
    classes, q = z["classes"].astype(np.int32), z["q"]
    n, most = q.shape
    use = q > 0
    count = use.sum(1)
    assert (np.diff(q.astype(int), axis=1) <= 0).all() and (use[:, 1:] <= use[:, :-1]).all()
    difference = classes - classes[:, :1]
    some = np.flatnonzero(count)
    difference[some, 0] = np.diff(classes[some, 0], prepend=0)
    packed = ((difference << 1) ^ (difference >> 31)).astype(np.uint16)
    raw = (count.astype(np.uint8).tobytes() + columns(q, use)
           + columns((packed & 255).astype(np.uint8), use) + columns((packed >> 8).astype(np.uint8), use))
    stream = zlib.compress(raw, 9)
    names = hashlib.sha256("".join(c + "\n" for c in texts.classes).encode()).digest()
    head = struct.pack("<8sIIHBB32s32sII", b"HSCLABEL", 1, n, len(texts.classes), most, 0,
                       bytes.fromhex(texts.digest), names, int(use.sum()), len(stream))
    with open(o.out, "wb") as f:
        f.write(head + stream)
    print(n, "texts,", int(use.sum()), "entries,", len(head) + len(stream), "bytes,", hashlib.sha256(head + stream).hexdigest())


if __name__ == "__main__":
    main()
