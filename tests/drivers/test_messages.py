"""Ranks that are threads name and silence what they say, each for itself and in any order."""

import logging
import threading

from esim.drivers.messages import labelled, silenced


def test_threads_that_overlap_leave_the_others_and_the_logger_as_they_were(caplog):
    log = logging.getLogger("esim")
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with silenced():
            log.warning("never heard")
            entered.set()
            left.wait()  # ends after the one that began before it

    with silenced():
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(10)
    log.warning("from here")
    left.set()
    thread.join()
    log.warning("afterwards")
    assert caplog.messages == ["from here", "afterwards"] and not log.filters and log.level == logging.NOTSET


def test_a_part_names_what_it_says_itself(caplog):
    log = logging.getLogger("esim")
    with labelled("crust"):
        log.warning("%s moves", "it")
        thread = threading.Thread(target=log.warning, args=("of the ocean",))
        thread.start()
        thread.join()
    log.warning("of nobody")
    assert caplog.messages == ["crust: it moves", "of the ocean", "of nobody"]
