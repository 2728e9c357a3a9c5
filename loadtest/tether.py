"""`python -m loadtest.tether PARENT COMMAND…`: become COMMAND, and be ended by the kernel when process PARENT is gone.

A server started for a run must not outlive it, not even when the run is killed and cannot stop it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(words: list[str]) -> None:
    """Does not return. Off Linux there is no such tie, and the command runs without it."""
    parent, command = int(words[0]), words[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have gone before the tie was made.
    if os.getppid() == parent:
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
