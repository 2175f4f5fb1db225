"""Logits of exported networks in onnxruntime, for the test `logits_are_those_of_onnxruntime` in src/onnx/tests.rs.

    cargo test -p hscode-train --lib onnx::tests::write_models -- --ignored
    python3 hscode-train/tests/onnx/reference_logits.py

needs onnxruntime, onnx and numpy. The models are checked by the rules of onnx, run, and removed.
"""

import json
import pathlib
import shutil

import numpy
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).parent


def main():
    models = HERE / "models"
    cases = json.loads((models / "cases.json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    for at, case in enumerate(cases):
        path = str(models / f"{at}.onnx")
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = {name: numpy.array(rows, dtype=numpy.int64) for name, rows in case["inputs"].items()}
        (logits,) = session.run(["logits"], feeds)
        # One text alone and without padding has the same logits.
        for text in range(len(logits)):
            one = {}
            for name, rows in feeds.items():
                pad = {"tokens": 30, "pairs": 20, "grams": 25}[name]
                row = rows[text][rows[text] != pad]
                one[name] = (row if len(row) else numpy.array([pad]))[None]
            (alone,) = session.run(["logits"], one)
            assert numpy.abs(alone[0] - logits[text]).max() < 1e-5, (case["name"], text)
        case["logits"] = [[round(float(x), 7) for x in row] for row in logits]
    out = {"onnxruntime": onnxruntime.__version__, "cases": cases}
    (HERE / "reference_logits.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
    shutil.rmtree(models)


main()
