"""A function's process as on Lambda: started for the first event, kept for the later ones."""

import contextlib
import ctypes
import re
import subprocess
import time
from pathlib import Path

from process import LIBC, Failed, stop
from runtime_api import RuntimeApi

TAIL = 2000  # characters of a log


class Container:
    """A process that has asked for its first event."""

    def __init__(self, process, api, begun):
        self.process, self.api, self.begun = process, api, begun
        self.next_seconds = api.next(process) - begun
        self.next_cpu_seconds = self.cpu_seconds()

    def invoke(self, event):
        return self.api.invoke(event, self.process)

    def cpu_seconds(self):
        """The CPU time of all its threads so far, ended ones included (clock_getcpuclockid(3))."""
        clock = ctypes.c_int()
        if error := LIBC.clock_getcpuclockid(self.process.pid, ctypes.byref(clock)):
            raise Failed(f"a function's CPU time can't be read: error {error}")
        return time.clock_gettime(clock.value)

    def memory_mib(self):
        """The peak resident memory (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


@contextlib.contextmanager
def start(command, environment, folder, log):
    """Starts a function, with its output in the file `log`. It ends with us, without a Runtime API to ask."""
    api = RuntimeApi()
    settings = environment | {"AWS_LAMBDA_RUNTIME_API": api.address}
    with contextlib.closing(api), open(log, "ab") as output:
        begun = time.time()
        # Without a preexec_fn, unlike `process.running`: that would fork all our memory.
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
        process = subprocess.Popen(command, env=settings, cwd=folder, start_new_session=True, **streams)
        try:
            yield Container(process, api, begun)
        except Failed as failure:
            raise Failed(f"{command[0]}: {failure}: {Path(log).read_text()[-TAIL:].strip()}") from None
        finally:
            stop(process)
