"""The machine that is measured on, and its other load."""

import os
import platform
import re
import statistics
import time
from pathlib import Path

CORES = len(os.sched_getaffinity(0))
SETTLING_SECONDS = 1.0
BUSY = 0.05


def described():
    """The processor, memory and kernel."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    cores = "1 core" if CORES == 1 else f"{CORES} cores"
    processor = model[1] if model else platform.machine()
    return f"{processor}, {cores}, {memory:.0f} GiB, Linux {platform.release()}"


class Idleness:
    """The machine's other load, in the pauses between measurements."""

    def __init__(self):
        self.busy = []

    def settle(self):
        """Waits for the hashes of requests that wrk abandoned, then measures the other load."""
        time.sleep(SETTLING_SECONDS / 2)
        before = cpu_times()
        time.sleep(SETTLING_SECONDS / 2)
        idle, total = (after - then for after, then in zip(cpu_times(), before))
        self.busy.append(1 - idle / total)

    def described(self):
        median, most = statistics.median(self.busy), max(self.busy)
        return f"other processes used {median:.0%} of the CPU (median of the pauses; {most:.0%} at most)"

    def is_noise(self):
        """Whether the other load falsifies the figures."""
        return statistics.median(self.busy) > BUSY


def cpu_times():
    """Idle and total time of all cores (proc(5), /proc/stat). Time that a hypervisor took away counts as busy."""
    times = [int(it) for it in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
