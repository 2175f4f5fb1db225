"""A tiny encoder of drawn weights with its tokenizer, and onnxruntime's logits for texts: the fixture of the test
hscode-core/tests/onnx.rs, written by the same code as hscode-accurate.

    python3 tiny_encoder.py ../../hscode-core/tests/tiny-encoder
"""

import json
import os
import sys

import numpy as np
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, processors

from export_onnx import Runner, classifier, reference

CONFIG = dict(hidden_size=8, num_attention_heads=2, num_hidden_layers=2, layer_norm_eps=1e-12, hidden_act="gelu",
              position_embedding_type="absolute")
CODES = ["010121", "610910", "640399", "851830", "940521", "970121"]
LONGEST = 12
WORDS = "horse live cotton tee shirt leather shoe lamp head ##phone oil paint ##ing of with for men women the".split()
TEXTS = ["Live horse", "men's cotton tee-shirt", "LEATHER SHOES for women", "headphones", "oil painting, by hand", "x",
         "", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "Ölgemälde", "靴 leather", "lamp"]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    path = lambda name: os.path.join(folder, name)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789'"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *("##" + c for c in letters)]
    vocab = {piece: at for at, piece in enumerate(dict.fromkeys(pieces))}
    t = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])])
    # What a file may bring along, and what the reader must leave out.
    t.enable_padding(length=20)
    t.save(path("tokenizer.json"), pretty=False)

    rng = np.random.default_rng(5)
    draw = lambda *shape: rng.normal(0, 0.6, shape).astype(np.float16).astype(np.float32)
    w = {"embeddings.word_embeddings.weight": draw(len(vocab), 8),
         "embeddings.position_embeddings.weight": draw(LONGEST, 8),
         "embeddings.token_type_embeddings.weight": draw(2, 8)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(CONFIG["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        sizes = {"attention.self.query": (8, 8), "attention.self.key": (8, 8), "attention.self.value": (8, 8),
                 "attention.output.dense": (8, 8), "intermediate.dense": (16, 8), "output.dense": (8, 16)}
        for name, shape in sizes.items():
            w[p + name + ".weight"], w[p + name + ".bias"] = draw(*shape), draw(shape[0])
        norms += [p + "attention.output.LayerNorm", p + "output.LayerNorm"]
    for name in norms:
        w[name + ".weight"], w[name + ".bias"] = 1 + draw(8) / 4, draw(8) / 4
    # As the file keeps them.
    w = {k: v.astype(np.float16).astype(np.float32) for k, v in w.items()}
    head = {"weight": draw(len(CODES), 8), "bias": draw(len(CODES))}
    with open(path("model.onnx"), "wb") as f:
        f.write(classifier(w, head, CONFIG, LONGEST).SerializeToString(deterministic=True))
    with open(path("codes.txt"), "w") as f:
        f.write("\n".join(CODES) + "\n")
    with open(path("onnx.tsv"), "w") as f:
        f.write(f"reader tokenizer\nmax_tokens {LONGEST}\ninput ids input_ids\ninput mask attention_mask\n"
                "output logits\nthreshold chapter 0.4\nthreshold heading 0.4\nthreshold subheading 0.4\n")
    runner = Runner(path("model.onnx"), path("tokenizer.json"), LONGEST)
    out = []
    for text in TEXTS:
        logits = runner.logits(text)
        assert np.abs(reference(w, head, CONFIG, runner.ids(text)) - logits).max() < 1e-4
        out.append({"text": text, "logits": [round(float(x), 6) for x in logits]})
    with open(path("reference.json"), "w", encoding="utf-8") as f:
        json.dump(out, f, ensure_ascii=False, indent=0)
        f.write("\n")


main()
