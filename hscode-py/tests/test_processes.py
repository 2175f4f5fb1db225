"""Pickle, threads, processes, asyncio, interpreters."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import cpython_tags
from shared import TINY, rows_for

import hscode


def answers(classifier: hscode.Classifier, texts: list[str]) -> list[Any]:
    return [answer.to_dict() for answer in classifier.classify_batch(texts, threads=2)]


def classify(classifier: hscode.Classifier, text: str) -> hscode.Prediction:
    return classifier.classify(text)


def test_a_classifier_pickles_as_its_place_and_digest(classifier: hscode.Classifier, tmp_path: Path) -> None:
    assert len(pickle.dumps(classifier)) < 300
    for again in (pickle.loads(pickle.dumps(classifier)), copy.copy(classifier), copy.deepcopy(classifier)):
        assert again.model == classifier.model and again.classify("tea") == classifier.classify("tea")
    place = tmp_path / "model"
    shutil.copytree(TINY, place)
    tiny = hscode.Classifier.open(place)
    kept = pickle.dumps(tiny)
    assert pickle.loads(kept).classify("tea") == tiny.classify("tea")
    # Another package in its place is not taken for it.
    open_again, (path, seal) = tiny.__reduce__()
    with pytest.raises(hscode.PackageError, match="expected the package 0000"):
        open_again(path, "0" * 64)
    open_again, (model,) = classifier.__reduce__()
    with pytest.raises(hscode.PackageError, match="install the same version of hscode"):
        open_again(model + "0")
    shutil.rmtree(place)
    with pytest.raises(hscode.PackageError):
        pickle.loads(kept)


def test_a_relative_path_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TINY, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    kept = pickle.dumps(hscode.Classifier.open("model"))
    monkeypatch.chdir("/")
    assert pickle.loads(kept).edition == "HS2022"


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_other_processes_give_the_same_answers(
    classifier: hscode.Classifier, texts: list[str], method: str
) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    # Threads have run before the fork.
    expected = answers(classifier, texts[:60])
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        parts = [pool.submit(answers, classifier, texts[at : at + 30]) for at in (0, 30)]
        rows = [row for part in parts for row in part.result(120)]
        one = pool.submit(classify, classifier, texts[0]).result(120)
    assert [{**row, "index": at} for at, row in enumerate(rows)] == expected
    assert one == classifier.classify(texts[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_fork_during_a_batch_is_safe(classifier: hscode.Classifier, texts: list[str]) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        rows = rows_for(classifier, texts, 1)
        running = pool.submit(classifier.classify_batch, rows, threads=2)
        child = os.fork()
        if child == 0:
            same = classifier.classify_batch(texts[:20], threads=2) is not None
            os._exit(0 if same else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert len(running.result()) == len(rows)


def test_threads_share_a_classifier(classifier: hscode.Classifier, texts: list[str]) -> None:
    expected = classifier.classify_batch(texts[:50])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for done in pool.map(lambda _: classifier.classify_batch(texts[:50], threads=2), range(16)):
            assert done == expected


def test_asyncio_goes_on_during_a_batch(classifier: hscode.Classifier, texts: list[str]) -> None:
    rows = rows_for(classifier, texts, 0.4)

    async def both() -> tuple[list[hscode.Prediction], int]:
        batch = asyncio.create_task(asyncio.to_thread(classifier.classify_batch, rows))
        beats = 0
        while not batch.done():
            await asyncio.sleep(0.001)
            beats += 1
        return await batch, beats

    done, beats = asyncio.run(both())
    assert len(done) == len(rows) and beats > 3


def test_sub_interpreters_are_refused_clearly() -> None:
    program = textwrap.dedent("""
        import hscode
        try:
            from concurrent import interpreters
        except ImportError:
            interpreters = None
        if interpreters is not None:
            interpreters.create().exec("import hscode")
        else:
            try:
                import _interpreters as low
            except ImportError:
                import _xxsubinterpreters as low
            result = low.run_string(low.create(), "import hscode")
            if result is not None:
                raise RuntimeError(result.formatted)
    """)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 1 and "ImportError" in done.stderr
    assert "sub-interpreters" in done.stderr or "subinterpreters" in done.stderr, done.stderr


def test_free_threaded_builds_are_not_claimed() -> None:
    # The stable interface of the wheel does not exist on free-threaded builds: pip installs it on none of them.
    assert getattr(sys, "_is_gil_enabled", lambda: True)()
    wheel = next(file for file in _files() if file.name == "WHEEL")
    tags = [line for line in wheel.read_text().splitlines() if line.startswith("Tag: ")]
    assert tags and all(line.startswith("Tag: cp310-abi3-") for line in tags)
    # What pip's rules make of that tag on CPython with its lock, and without.
    for version in ((3, 13), (3, 14)):
        digits = "".join(map(str, version))
        with_lock = {(tag.interpreter, tag.abi) for tag in cpython_tags(version, [f"cp{digits}"], ["any"])}
        without = {(tag.interpreter, tag.abi) for tag in cpython_tags(version, [f"cp{digits}t"], ["any"])}
        assert ("cp310", "abi3") in with_lock and ("cp310", "abi3") not in without


def _files() -> list[Any]:
    import importlib.metadata

    return importlib.metadata.files("hscode") or []


def test_the_wheel_needs_nothing_and_carries_its_types() -> None:
    import importlib.metadata

    names = {file.name for file in _files()}
    assert {"py.typed", "_hscode.pyi", "sklearn.py", "__init__.py"} <= names
    needed = [line for line in importlib.metadata.requires("hscode") or [] if "extra" not in line]
    assert needed == [] and importlib.metadata.version("hscode") == hscode.__version__


def test_importing_takes_no_time_and_no_packages() -> None:
    program = "import sys, hscode; print([m for m in ('numpy', 'pyarrow', 'sklearn', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
