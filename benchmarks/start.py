"""Start-up of the command line: `medcheck review` of a 20-line list in a cold process, against importing its two libraries alone.

Run: python benchmarks/start.py [RUNS]. Prints medians of wall time and of processor time, their ratio and the peak memory, all from one
run in which the two commands take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

LIST = """Zoloft 50 mg daily
quetiepine 50 mg qhs
Tylenol PM 2 tabs at night
Reglan 10 mg before meals and at bedtime
pramipexole 0.25 mg qhs since 2019
gabapentin 300 mg tid
lisinopril 20 mg daily
atorvastatin 40 mg nightly
metformin 1000 mg bid
levothyroxine 75 mcg daily
omeprazole 20 mg daily
hydralazine 25 mg bid
aspirin 81 mg daily
Claritin 10 mg daily
amitriptyline 25 mg - stopped 2021
furosemide 40 mg daily
ferrous sulfate 325 mg every other day
vitamin D 1000 units daily
ondansetron 4 mg prn
melatonin 3 mg at bedtime
"""


def _run(command: list[str], text: str) -> tuple[float, float, int]:
    """Wall seconds, processor seconds and peak kilobytes of one process."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.write(text.encode())
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    program = str(Path(sys.executable).with_name("medcheck"))
    review = [program, "review", "--as-of", "2026-11-22", "--format", "json"]
    table = [program, "review", "--as-of", "2026-11-22"]
    base = [sys.executable, "-c", "import click, rapidfuzz.process"]
    rows: dict[str, list[tuple[float, float, int]]] = {"base": [], "json": [], "table": []}
    for _ in range(runs):
        rows["base"].append(_run(base, ""))
        rows["json"].append(_run(review, LIST))
        rows["table"].append(_run(table, LIST))
    wall = {k: statistics.median(r[0] for r in v) for k, v in rows.items()}
    cpu = {k: statistics.median(r[1] for r in v) for k, v in rows.items()}
    machine = f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores"
    print(f"{date.today().isoformat()}  {machine}, {runs} runs each")
    for k in rows:
        peak = max(r[2] for r in rows[k]) / 1024
        print(
            f"{k:6} wall {wall[k] * 1000:6.1f} ms  cpu {cpu[k] * 1000:6.1f} ms  peak {peak:5.1f} MB  wall/base {wall[k] / wall['base']:.2f}"
        )


if __name__ == "__main__":
    main()
