"""The machine that a figure comes from, and what else it was doing meanwhile."""

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
    """Its processor, its memory and its kernel."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    cores = "1 core" if CORES == 1 else f"{CORES} cores"
    processor = model[1] if model else platform.machine()
    return f"{processor}, {cores}, {memory:.0f} GiB, Linux {platform.release()}"


class Idleness:
    """How idle the machine is in the pauses between measurements, when we do nothing ourselves."""

    def __init__(self):
        self.busy = []

    def settle(self):
        """Lets the hashes of requests that wrk gave up at its end be done with, then looks at what else goes on."""
        time.sleep(SETTLING_SECONDS / 2)
        before = cpu_times()
        time.sleep(SETTLING_SECONDS / 2)
        idle, total = (after - then for after, then in zip(cpu_times(), before))
        self.busy.append(1 - idle / total)

    def described(self):
        median, most = statistics.median(self.busy), max(self.busy)
        return f"other work took {median:.0%} of its time at the median of the pauses between, at most {most:.0%}"

    def is_noise(self):
        """Whether the figures had better be taken again."""
        return statistics.median(self.busy) > BUSY


def cpu_times():
    """Idle and total time of all cores (proc(5), /proc/stat). Time that a hypervisor took away counts as busy."""
    times = [int(it) for it in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
