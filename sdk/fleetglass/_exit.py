"""Calls a function when the process ends, also in the workers of `multiprocessing`.

`atexit` is not enough: such a worker ends with `os._exit`, after its own finalizers. They are
cleared when a worker begins, so they are added after that.
"""

import atexit
import os
import sys
from collections.abc import Callable
from typing import Any

Function = Callable[[], None]


def at_exit(function: Function) -> None:
    atexit.register(function)
    _in_worker(function)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _in_worker(function))


def _in_worker(function: Function) -> None:
    # Only a process that uses multiprocessing is a worker of it.
    util: Any = sys.modules.get("multiprocessing.util")
    process: Any = sys.modules.get("multiprocessing.process")
    if util is None or process is None:
        return
    util.register_after_fork(function, _finalize)
    if process.parent_process() is not None:
        _finalize(function)


def _finalize(function: Function) -> None:
    from multiprocessing.util import Finalize

    Finalize(None, function, exitpriority=0)
