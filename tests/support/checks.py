"""What the static tests share: lines of TAP, the project's files, and compilers run side by side."""
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
COMPILERS = ("g++", "clang++-14", "clang++-19")
STRICT = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"]
CORE_ONLY = ["-fno-exceptions", "-fno-rtti"]

_results = []


def check(name, passed, detail=""):
    """One test: a line of TAP; what there is to say about a failure goes where meson shows it, the standard error."""
    _results.append(bool(passed))
    print(f"{'ok' if passed else 'not ok'} {len(_results)} - {name.replace('#', '')}")
    if not passed:
        print(f"{name}:", *str(detail).splitlines()[:30], sep="\n    ", file=sys.stderr)
    sys.stdout.flush()


def skip(name, reason):
    _results.append(True)
    print(f"ok {len(_results)} - {name} # SKIP {reason}")


def finish():
    print(f"1..{len(_results)}")
    sys.exit(0 if all(_results) else 1)


def run(command, **options):
    """The exit status, and all output as one text."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", **options)
    return done.returncode, done.stdout


def in_parallel(function, items):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def headers(include=INCLUDE):
    return sorted((include / "spantls").rglob("*.hpp"))


def spelled(header, include=INCLUDE):
    """As it stands in an #include: spantls/base/bytes.hpp."""
    return header.relative_to(include).as_posix()


def includes(text):
    """What a source file includes, in order: ('<' or '"', name)."""
    return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, re.MULTILINE)


def project_files():
    """Every file that belongs to the project: what git knows or would take, or all there is in a copy without git."""
    status, listing = run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"])
    if status == 0:
        found = [ROOT / name for name in listing.splitlines()]
    else:
        found = [p for p in ROOT.rglob("*") if p.relative_to(ROOT).parts[0] not in ("build", ".git")]
    return sorted(p for p in found if p.is_file())
