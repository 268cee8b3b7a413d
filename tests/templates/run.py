"""Renders every template in every layout for every provider, and tests what comes out.

    python tests/templates/run.py --aiops target/debug/aiops --cache target/templates

Virtual environments are kept in the cache by the digest of their requirements: the second time costs only the tests.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
UV = Path(sys.executable).parent / "uv"


def render(aiops: Path, out: Path) -> None:
    """Fills `out` with the repositories."""
    answer = subprocess.run(
        [aiops, "template", "list", "--output", "json", "--quiet"], check=True, capture_output=True, text=True
    )
    for template in json.loads(answer.stdout):
        for layout in template["layouts"]:
            for provider in template["providers"]:
                for holds in ("both",) if layout == "single" else ("build", "deploy"):
                    folder = out / template["name"] / f"{layout}-{provider}" / holds
                    command = [
                        aiops,
                        "template",
                        "render",
                        template["name"],
                        "--layout",
                        layout,
                        "--provider",
                        provider,
                    ]
                    command += ["--holds", holds, "--out", folder, "--quiet"]
                    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def prepare(cache: Path) -> None:
    """Makes the virtual environments that are not there yet."""
    from rendered import environment, with_tests

    folders = [folder for _, folder in with_tests().values()]
    if not folders:
        raise SystemExit("nothing that was rendered has tests")
    for name, folder in {environment(folder / "requirements-dev.txt"): folder for folder in folders}.items():
        if not (cache / name / "complete").exists():
            shutil.rmtree(cache / name, ignore_errors=True)
            subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, cache / name], check=True)
            install = [UV, "pip", "install", "--quiet", "--python", cache / name / "bin/python"]
            subprocess.run([*install, "--requirement", "requirements-dev.txt"], cwd=folder, check=True)
            (cache / name / "complete").touch()


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aiops", type=Path, help="the binary that renders; without one, --out has it all already")
    parser.add_argument("--out", type=Path, required=True, help="where the repositories go")
    parser.add_argument("--cache", type=Path, required=True, help="where virtual environments are kept")
    parser.add_argument("pytest", nargs="*", help="options of pytest, after --")
    options = parser.parse_args()
    os.environ |= {
        "AIOPS_RENDERED": str(options.out.resolve()),
        "AIOPS_ENVIRONMENTS": str(options.cache.resolve()),
        "AIOPS_BINARY": str(options.aiops.resolve()) if options.aiops else "",
    }
    started = time.monotonic()
    for does, work in {
        "rendering": lambda: options.aiops and render(options.aiops.resolve(), options.out.resolve()),
        "virtual environments": lambda: prepare(options.cache.resolve()),
    }.items():
        work()
        print(f"{does}: {time.monotonic() - started:.0f} s", flush=True)
        started = time.monotonic()
    judges = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses", "2", "--durations", "8"]
    return subprocess.run([*judges, *options.pytest, HERE], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
