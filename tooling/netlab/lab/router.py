"""The network between the hosts: takes every packet, and gives it out when its link says."""

import heapq
import itertools
import os
import selectors
import time

from errors import LabError
from link import Link

#: Packets taken from one host before the others have their turn.
BATCH = 64
#: A packet that goes out so much after its time says that the machine was busy.
LATE_MS = 2
IDLE_S = 0.05


class Router:
    """Carries packets between all hosts until it is told to stop."""

    def __init__(self, hosts, profile, links, seed):
        self._hosts = hosts
        self._links = {}
        for pair in itertools.permutations(range(1, len(hosts) + 1), 2):
            # The seeds stay what they are when hosts are added.
            self._links[pair] = Link(links.get(pair, profile), seed * 1000 + pair[0] * 32 + pair[1])
        self._began = time.monotonic()
        self._due = []
        self._order = itertools.count()
        self._late = 0
        self._latest_ms = 0.0
        # Waits to the microsecond; epoll waits in whole milliseconds.
        self._selector = selectors.SelectSelector()
        for number, host in enumerate(hosts, 1):
            self._selector.register(host.tun, selectors.EVENT_READ, lambda n=number: self._take(n))

    def links(self, text):
        """The links that `1>2`, `1-2` (both directions) or `all` means."""
        if text == "all":
            return list(self._links.values())
        return [self._links[pair] for pair in link_pairs(text, len(self._hosts))]

    def read(self, fd, callback):
        """Calls `callback` whenever there is something to be read from `fd`."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def unread(self, fd):
        self._selector.unregister(fd)

    def run_until(self, ended):
        """Carries packets until `ended()`."""
        while not ended():
            now = time.monotonic()
            wait = min(IDLE_S, max(0.0, self._due[0][0] - now)) if self._due else IDLE_S
            for key, _ in self._selector.select(wait):
                key.data()
            self._give_out(time.monotonic())

    def counters(self):
        """Of every link that was used; and how many packets went out too late, as the machine was busy."""
        used = {f"{a}>{b}": link.counters() for (a, b), link in self._links.items() if link.packets}
        return {"links": used, "late": self._late, "latest_ms": round(self._latest_ms, 3)}

    def _take(self, source):
        tun = self._hosts[source - 1].tun
        for _ in range(BATCH):
            try:
                packet = os.read(tun, 65536)
            except BlockingIOError:
                return
            # IPv4 to 10.77.0.x
            if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:19] != b"\x0a\x4d\x00":
                continue
            link = self._links.get((source, packet[19]))
            if link is None:
                continue
            now = time.monotonic()
            out = link.plan(len(packet), now, now - self._began)
            if out is not None:
                heapq.heappush(self._due, (out, next(self._order), packet))

    def _give_out(self, now):
        while self._due and self._due[0][0] <= now:
            out, _, packet = heapq.heappop(self._due)
            late_ms = (now - out) * 1000
            self._latest_ms = max(self._latest_ms, late_ms)
            if late_ms > LATE_MS:
                self._late += 1
            try:
                os.write(self._hosts[packet[19] - 1].tun, packet)
            except OSError:
                pass  # the host's own queue is full


def link_pairs(text, hosts):
    """The pairs (from, to) that `1>2` or `1-2` means."""
    for sign in ">-":
        ends = text.split(sign)
        if len(ends) == 2 and all(end.isdecimal() and 1 <= int(end) <= hosts for end in ends):
            a, b = int(ends[0]), int(ends[1])
            if a != b:
                return [(a, b)] if sign == ">" else [(a, b), (b, a)]
    raise LabError(f"there is no link {text}: give two of {hosts} hosts as 1>2, or 1-2 for both directions")
