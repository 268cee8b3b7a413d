"""Renders every template in every layout for every provider, and tests what comes out.

    python tests/templates/run.py --aiops target/debug/aiops --out /tmp/rendered --cache target/environments

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
    """Lets aiops check its templates, and fills `out` with what they render to."""
    out.mkdir(parents=True, exist_ok=True)

    def run(*arguments: str | Path) -> str:
        command = [aiops, *arguments, "--quiet"]
        ended = subprocess.run(command, cwd=out, stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode != 0:
            raise SystemExit(f"{ended.stdout}aiops {' '.join(map(str, arguments))} failed")
        return ended.stdout

    run("template", "check", "--output", "table")
    (out / "cicd-config.schema.json").write_text(run("config", "schema", "cicd-config.json"), encoding="utf-8")
    for template in json.loads(run("template", "list", "--output", "json")):
        for layout in template["layouts"]:
            for provider in template["providers"]:
                into = out / template["name"] / f"{layout}-{provider}"
                choice = ["--layout", layout, "--provider", provider]
                run("template", "render", template["name"], *choice, "--into", into)


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
