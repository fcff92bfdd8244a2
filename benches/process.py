"""Processes that end when we do, however that is."""

import contextlib
import ctypes
import os
import signal
import subprocess

PATIENCE_SECONDS = 20
PR_SET_PDEATHSIG = 1  # prctl(2)

LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """What we can't go on after: one sentence."""


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def running(command, **options):
    """Runs a command in a session of its own: Ctrl-C reaches us alone, and we stop it and all that it started."""
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
    """What a command prints. Its errors go where ours do."""
    with running(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **options) as process:
        told, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return told
