"""Stores a sentence encoder's weights as int8 with one scale a row, Huffman-coded.

Input: the safetensors file of all-MiniLM-L6-v2 or all-mpnet-base-v2 (both
Apache-2.0). Position vectors beyond 64 and the pooler are left out. Output:
parts of at most --part bytes, to be joined again; see `read`.
"""

import argparse
import json
import struct
import zlib

import numpy as np


def safetensors(path):
    with open(path, "rb") as f:
        head = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        base = f.tell()
        for name, v in head.items():
            if name == "__metadata__" or v["dtype"] not in ("F32", "F16"):
                continue
            f.seek(base + v["data_offsets"][0])
            raw = f.read(v["data_offsets"][1] - v["data_offsets"][0])
            kind = np.float32 if v["dtype"] == "F32" else np.float16
            yield name, np.frombuffer(raw, kind).reshape(v["shape"]).astype(np.float32)


def pack(path, levels=127):
    head, blobs, at = {}, [], 0
    for name, w in safetensors(path):
        if name.startswith("pooler"):
            continue
        if "position_embeddings" in name:
            w = w[:64]
        if w.ndim == 2 and w.size > 100_000:
            scale = np.abs(w).max(1, keepdims=True) / levels + 1e-12
            raw = np.round(w / scale).astype(np.int8).tobytes()
            extra = scale.astype(np.float32).tobytes()
            kind = "i8"
        else:
            raw, extra, kind = w.astype(np.float32).tobytes(), b"", "f32"
        z = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
        body = z.compress(raw) + z.flush()
        head[name] = dict(kind=kind, shape=w.shape, at=at, size=len(body), scale=len(extra))
        blobs += [body, extra]
        at += len(body) + len(extra)
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(blobs)


def read(path):
    """The weights as {name: float32 array}; also reads plain safetensors."""
    if path.endswith(".safetensors"):
        return dict(safetensors(path))
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head, base = json.loads(data[8:8 + n]), 8 + n
    out = {}
    for name, v in head.items():
        raw = zlib.decompress(data[base + v["at"]:base + v["at"] + v["size"]])
        if v["kind"] == "i8":
            s = base + v["at"] + v["size"]
            scale = np.frombuffer(data[s:s + v["scale"]], np.float32)[:, None]
            out[name] = np.frombuffer(raw, np.int8).reshape(v["shape"]).astype(np.float32) * scale
        else:
            out[name] = np.frombuffer(raw, np.float32).reshape(v["shape"]).copy()
    return out


if __name__ == "__main__":
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("model"), a.add_argument("out")
    a.add_argument("--levels", type=int, default=127, help="largest whole number a weight may take (31 is 6 bits)")
    a.add_argument("--part", type=int, default=0, help="bytes a part; 0 is one file")
    o = a.parse_args()
    data = pack(o.model, o.levels)
    step = o.part or len(data)
    for i in range(0, len(data), step):
        name = o.out if not o.part else f"{o.out}.{i // step}"
        open(name, "wb").write(data[i:i + step])
        print(name, len(data[i:i + step]))
