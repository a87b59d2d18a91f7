"""Threads share few pools of memory."""

import platform
import subprocess
import sys

import pytest

_CODE = """
import ctypes, sys, threading
from cuetrack.people.memory import share_memory
if sys.argv[1] == "shared":
    share_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier(8)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def pools(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", _CODE, how], capture_output=True, text=True, check=True)
    return ran.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has a pool a thread")
def test_threads_share_two_pools() -> None:
    assert pools("apart") > 2
    assert pools("shared") <= 2
