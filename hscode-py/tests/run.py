#!/usr/bin/env python3
"""Tests of the Python module as users get it: builds the wheel, installs it, runs tests and examples against it.

    python3 hscode-py/tests/run.py [--release | --wheel FILE] [--without-spark] [ARGUMENTS OF PYTEST]

Needs Python 3.10 with venv, Rust, and a package index for what tests/requirements.txt names. Where one of these
cannot be had, it says so loudly and leaves with 77; on CI (the variable CI is set) that is a failure.

The environments stand in the target folder under python/ and are made anew when the requirements change.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence

HERE = pathlib.Path(__file__).resolve().parent
CRATE = HERE.parent
REPOSITORY = CRATE.parent
PLACE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target").resolve() / "python"
MISSING = 77
EXAMPLES = ["one_call.py", "pandas_frame.py", "polars_frame.py", "own_rules.py", "train_your_own.py"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--release", action="store_true", help="test the release build")
    parser.add_argument("--wheel", type=pathlib.Path, help="test this wheel, which is there already")
    parser.add_argument("--without-spark", action="store_true", help="leave the Spark example out")
    options, for_pytest = parser.parse_known_args()
    if sys.version_info < (3, 10):
        return missing(f"Python 3.10 or newer, this is {sys.version.split()[0]}")
    try:
        tools = environment("tools", HERE / "requirements.txt")
    except (subprocess.CalledProcessError, OSError) as error:
        return missing(f"the packages of tests/requirements.txt ({error})")
    wheel = options.wheel.resolve(strict=True) if options.wheel else build(tools, release=options.release)
    pip(tools, "install", "--force-reinstall", "--no-deps", str(wheel))
    bare = PLACE / "bare"
    shutil.rmtree(bare, ignore_errors=True)
    run("an environment with the wheel alone", [sys.executable, "-m", "venv", str(bare)])
    pip(bare, "install", "--no-index", "--no-deps", str(wheel))
    readme(interpreter(bare))
    run("tests", [str(interpreter(tools)), "-m", "pytest", *(for_pytest or ["-q"]), str(HERE)], folder=CRATE)
    for example in EXAMPLES:
        run(f"example {example}", [str(interpreter(tools)), str(REPOSITORY / "examples" / "python" / example)])
    return 0 if options.without_spark else spark(wheel)


def missing(what: str) -> int:
    """Says loudly that nothing was tested."""
    line = f"hscode-py: NOT TESTED: it takes {what}"
    print("=" * len(line), line, "=" * len(line), sep="\n", file=sys.stderr, flush=True)
    return 1 if os.environ.get("CI") else MISSING


def run(what: str, command: Sequence[str], folder: pathlib.Path | None = None) -> None:
    """Runs a command to its end, away from the source tree, and fails with it."""
    started = time.monotonic()
    print(f"-- {what}", flush=True)
    # Without what a developer's shell may point Python at.
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    subprocess.run(command, check=True, cwd=folder or PLACE, env=clean)
    print(f"-- {what}: {time.monotonic() - started:.0f} s", flush=True)


def interpreter(folder: pathlib.Path) -> pathlib.Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip(environment: pathlib.Path, *arguments: str) -> None:
    command = [str(interpreter(environment)), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, cwd=PLACE)


def environment(name: str, requirements: pathlib.Path) -> pathlib.Path:
    """An environment with these packages; one that is there is taken if it was made for the same ones."""
    folder, mark = PLACE / name, PLACE / f"{name}.made"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if mark.exists() and mark.read_text() == wanted and interpreter(folder).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    run(f"an environment for {requirements.name}", [sys.executable, "-m", "venv", str(folder)])
    pip(folder, "install", "--requirement", str(requirements))
    mark.write_text(wanted)
    return folder


def build(tools: pathlib.Path, *, release: bool) -> pathlib.Path:
    """Builds the wheel."""
    wheels = PLACE / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    profile = ["--release"] if release else ["--profile", "dev"]
    command = [str(interpreter(tools)), "-m", "maturin", "build", *profile, "--out", str(wheels)]
    # From the source's folder, whose rust-toolchain.toml names the compiler.
    run("the wheel", [*command, "--manifest-path", str(CRATE / "Cargo.toml")], folder=CRATE)
    [wheel] = wheels.glob("*.whl")
    return wheel


def readme(python: pathlib.Path) -> None:
    """Runs the Python blocks of the pages for users with nothing but the wheel, page by page."""
    for page in ("README.md", "hscode-py/README.md", "docs/python.md"):
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        assert blocks, f"{page}: expected a block of Python"
        program = PLACE / "page.py"
        program.write_text("\n".join(blocks), encoding="utf-8")
        run(f"the Python of {page}", [str(python), "-W", "error", str(program)])


def spark(wheel: pathlib.Path) -> int:
    """Runs the example for Spark where there is Java."""
    if shutil.which("java") is None:
        return missing("Java for the example spark_map.py (all else is tested; --without-spark leaves it out)")
    try:
        tools = environment("spark", HERE / "requirements-spark.txt")
    except subprocess.CalledProcessError as error:
        return missing(f"pyspark for the example spark_map.py ({error}); all else is tested")
    pip(tools, "install", "--force-reinstall", "--no-deps", str(wheel))
    run("example spark_map.py", [str(interpreter(tools)), str(REPOSITORY / "examples/python/spark_map.py")])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        sys.exit(f"hscode-py: failed with {failed.returncode}: {' '.join(map(str, failed.cmd))}")
