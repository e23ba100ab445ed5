"""Ctrl+C while an engine works: it stops soon, also where it hands over rows and looks at no signal.

Python does what a signal asks for between two of its own instructions. DuckDB looks for signals while it runs a query, but
not while it makes an Arrow table of it, and that may be the whole query.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread

_INTERRUPTED = "Query interrupted"


@contextmanager
def stoppable(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` from another thread once the user presses Ctrl+C.

    Parameters
    ----------
    stop : callable
        Makes the engine end what it does with an error.

    Raises
    ------
    KeyboardInterrupt
        The user pressed it; whatever the engine calls that.
    """
    if (
        current_thread() is not main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        # Signals are for the main thread, and for those who have not said what else they want to be done.
        yield
        return
    heard, pressed = socket.socketpair()
    pressed.setblocking(False)
    before = signal.set_wakeup_fd(pressed.fileno(), warn_on_full_buffer=False)
    listener = Thread(target=_listen, args=(heard, stop), daemon=True)
    listener.start()
    try:
        yield
    except RuntimeError as error:
        if str(error) != _INTERRUPTED:
            raise
        raise KeyboardInterrupt from None
    finally:
        signal.set_wakeup_fd(before)
        pressed.close()
        listener.join()
        heard.close()


def _listen(heard: socket.socket, stop: Callable[[], None]) -> None:
    while signals := heard.recv(64):
        if signal.SIGINT in signals:
            stop()
