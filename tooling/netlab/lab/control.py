"""Changes the network while it runs: one command a line."""

import json
import os

from errors import LabError
from profiles import load_profile, number

COMMANDS = """\
  cut LINK                   nothing gets through
  restore LINK               as it was in the beginning
  narrow LINK KBPS [MS]      a bottleneck of KBPS kbit/s before which MS ms of packets may wait (default 300)
  lose LINK SHARE            each packet is lost with this chance, 0 to 1
  use LINK PROFILE           another profile: a name, a JSON file, or a JSON object
  counters                   what went over each link, and what was lost
LINK is 1>2 for one direction, 1-2 for both, or all."""
#: A line longer than this is no command.
LONGEST = 65_536


class Control:
    """Carries out commands that come as lines on a descriptor."""

    def __init__(self, router, fd, reply):
        self.ended = False
        self._router, self._fd, self._reply = router, fd, reply
        self._text = b""
        os.set_blocking(fd, False)
        router.read(fd, self._read)

    def _read(self):
        try:
            data = os.read(self._fd, LONGEST)
        except BlockingIOError:
            return
        if not data or len(self._text) > LONGEST:
            self.ended = True
            self._router.unread(self._fd)
            return
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            if line.strip():
                self._reply(self._answer(line.decode(errors="replace")))

    def _answer(self, line):
        try:
            return {"ok": True, **(carry_out(self._router, line) or {})}
        except LabError as error:
            return {"ok": False, "error": str(error)}


def carry_out(router, line):
    """Does what one line says; gives what there is to tell."""
    match line.split(maxsplit=2):
        case ["counters"]:
            return router.counters()
        case ["cut", link]:
            for each in router.links(link):
                each.is_cut = True
        case ["restore", link]:
            for each in router.links(link):
                each.restore()
        case ["use", link, profile]:
            follow = load_profile(profile)
            for each in router.links(link):
                each.follow(follow)
        case ["lose", link, share]:
            p = number("SHARE", parsed(share), 0, 1)
            for each in router.links(link):
                each.change(loss={"p": p})
        case ["narrow", link, values]:
            rate, *queue = values.split()
            kbps = number("KBPS", parsed(rate), 1, 10_000_000)
            ms = number("MS", parsed(queue[0]) if queue else 300, 0, 60_000)
            for each in router.links(link):
                each.change(rate_kbps=kbps, queue_ms=ms)
        case _:
            raise LabError(f"`{line}` is no command: give one of\n{COMMANDS}")
    return None


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text
