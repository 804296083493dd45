"""A program that must not outlive the one that started it, even when that one is killed."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Get SIGTERM when `parent`, the program that started this one, is gone (Linux; elsewhere nothing changes)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # It went before we had asked.
        os.kill(os.getpid(), signal.SIGTERM)
