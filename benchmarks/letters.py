"""Printing letters for a whole school: seconds, letters a second, peak memory and the progress that is shown.

    python benchmarks/letters.py                  # 1,000 letters, then 10,000: memory must not grow with them
    python benchmarks/letters.py --letters 2000

Runs the real command, `idp letters print FOLDER --school UAI`, on SQLite, with a terminal for its progress bar. Each
letter has a password of its own, hashed with the settings' own argon2id. Exit 1 above 600 s or 512 MB, when ten times
as many letters need a quarter more memory, or when the bar stands still.
"""

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import imports

MOST_SECONDS, MOST_MEGABYTES, MOST_GROWTH = 600, 512, 1.25


@dataclass(frozen=True)
class Printed:
    seconds: float
    cpu: float
    megabytes: float
    status: int
    steps: int
    """Different percentages that the progress bar showed."""


def print_letters(config: Path, folder: Path, uai: str) -> Printed:
    """The command with a terminal as its error output; its own peak memory."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "idp", "--config", str(config), "letters", "print", str(folder), "--school", uai]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=imports.ROOT, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown: list[bytes] = []
    reader = threading.Thread(target=_read, args=(ours, shown), daemon=True)
    reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    reader.join(5)
    steps = len(set(re.findall(rb"(\d+)%", b"".join(shown))))
    return Printed(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, steps)


def _read(terminal: int, shown: list[bytes]) -> None:
    while True:
        try:
            found = os.read(terminal, 65536)
        except OSError:  # The other end is closed.
            return
        if not found:
            return
        shown.append(found)


def prepare(folder: Path, letters: int) -> tuple[Path, str]:
    """A database with one school of that many responsables, or a few more; the settings and the school."""
    folder.mkdir()
    code = imports.uai(1)
    imports.write_onde(folder / "files", 1, letters * 10 // 18)
    config = folder / "idp.toml"
    keys, database = folder / "keys", folder / "idp.db"
    config.write_text(
        f'[server]\ndemo = true\n[database]\nurl = "sqlite:///{database}"\n[keys]\ndirectory = "{keys}"\n'
    )
    files = (str(folder / "files"), "--school", code, "--school-name", "École", "--school-year", str(imports.YEAR))
    for words in (("keys", "generate"), ("migrate",), ("registry", "import", *files)):
        if imports.run(config, *words).status:
            raise SystemExit(f"idp {words[0]} failed")
    return config, code


def measure(folder: Path, letters: int) -> Printed:
    """Print them, and tell."""
    config, code = prepare(folder, letters)
    found = print_letters(config, folder / "letters", code)
    files = sorted((folder / "letters").glob("*.pdf"))
    size = sum(file.stat().st_size for file in files) >> 20
    print(
        f"{letters:>7} letters {found.seconds:7.1f} s{found.cpu:7.1f} CPU-s{letters / found.seconds:7.1f} letters/s"
        f"{found.megabytes:7.0f} MB  {len(files)} files, {size} MB, progress shown {found.steps} times",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=10_000)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        few, many = (measure(Path(name) / str(count), count) for count in (words.letters // 10, words.letters))
    growth = many.megabytes / few.megabytes
    print(f"ten times as many letters: {growth:.2f} times the memory")
    good = (
        (few.status, many.status) == (0, 0)
        and many.seconds < MOST_SECONDS
        and many.megabytes < MOST_MEGABYTES
        and growth < MOST_GROWTH
        and many.steps > 5
    )
    raise SystemExit(0 if good else "OVER THE LIMIT")


if __name__ == "__main__":
    main()
