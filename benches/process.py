"""Child processes that end with us, however we end."""

import contextlib
import ctypes
import os
import signal
import subprocess

PATIENCE_SECONDS = 20
PR_SET_PDEATHSIG = 1  # prctl(2)

LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """An error that ends the bench: one sentence."""


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def running(command, **options):
    """Runs a command in its own session: Ctrl-C reaches only us, and we stop it and its children."""
    try:
        process = subprocess.Popen(command, start_new_session=True, preexec_fn=end_with_parent, **options)
    except FileNotFoundError:
        raise Failed(f"there is no {command[0]} on the PATH") from None
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(PATIENCE_SECONDS)
    process.wait()


def output(command, **options):
    """A command's output. Its errors go to our standard error."""
    with running(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **options) as process:
        text, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return text
