"""One direction between two hosts: when each packet comes out at the other end, if it does."""

import random

from errors import LabError


class Link:
    """Follows a profile, which may change at any time. All chance comes from the seed. Times are in seconds."""

    def __init__(self, profile, seed):
        self.packets = self.lost = self.queue_drops = self.bytes = 0
        self.is_cut = False
        self._random = random.Random(seed)
        self._last_out = self._free_at = 0.0
        self._bad = False
        self.profile = self.original = profile
        self.follow(profile)

    def follow(self, profile):
        """Behaves as `profile` says from now on; packets on their way are not touched."""
        self._trace = read_trace(profile)
        self.profile = profile

    def change(self, **values):
        """Changes single values of the profile; None takes one away."""
        changed = {**self.profile, **values}
        self.follow({key: value for key, value in changed.items() if value is not None})

    def restore(self):
        """As it was in the beginning."""
        self.is_cut = False
        self.follow(self.original)

    def plan(self, size, now, elapsed):
        """When a packet of `size` bytes that comes in at `now` goes out, or None when it never does."""
        index, self.packets = self.packets, self.packets + 1
        self.bytes += size
        extra_ms = self._extra_ms(index, elapsed)
        if extra_ms is None or self._down(elapsed) or self._lost():
            self.lost += 1
            return None
        out = self._through_the_queue(size, now)
        if out is None:
            self.queue_drops += 1
            return None
        out += (self.profile.get("delay_ms", 0) + extra_ms) / 1000
        if not self.profile.get("reorder"):
            out = max(out, self._last_out)
        self._last_out = max(self._last_out, out)
        return out

    def counters(self):
        """What has gone through, and what has not."""
        return {
            "packets": self.packets,
            "lost": self.lost,
            "queue_drops": self.queue_drops,
            "bytes": self.bytes,
        }

    def _down(self, elapsed):
        return self.is_cut or any(a <= elapsed < b for a, b in self.profile.get("down", ()))

    def _extra_ms(self, index, elapsed):
        """What jitter adds, in ms; None for a packet that the trace loses."""
        if self._trace is not None:
            return self._trace[index % len(self._trace)]
        jitter = self.profile.get("jitter", {"model": "none"})
        match jitter["model"]:
            case "gauss":
                # Two deviations above the least: nothing comes before the fixed delay.
                return max(0.0, self._random.gauss(0, jitter["sd_ms"]) + 2 * jitter["sd_ms"])
            case "pareto":
                above = self._random.paretovariate(jitter["shape"]) - 1
                return min(jitter["cap_ms"], jitter["scale_ms"] * above)
            case "spike":
                phase_ms = (elapsed % jitter["every_s"]) * 1000
                return max(0.0, jitter["height_ms"] * (1 - phase_ms / jitter["decay_ms"]))
        return 0.0

    def _lost(self):
        loss = self.profile.get("loss")
        if loss is None:
            return False
        if "ge" not in loss:
            return self._random.random() < loss["p"]
        # Gilbert-Elliott: p from good to bad, r back; h and k are the chances to get through in bad and good.
        model = loss["ge"]
        if self._random.random() < (model["r"] if self._bad else model["p"]):
            self._bad = not self._bad
        return self._random.random() >= (model["h"] if self._bad else model["k"])

    def _through_the_queue(self, size, now):
        rate = self.profile.get("rate_kbps")
        if rate is None:
            return now
        start = max(now, self._free_at)
        if (start - now) * 1000 > self.profile.get("queue_ms", 200):
            return None
        self._free_at = start + size * 8 / (rate * 1000)
        return self._free_at


def read_trace(profile):
    """The extra ms of packet after packet, None for a lost one; None when the profile has no trace."""
    jitter = profile.get("jitter")
    if jitter is None or jitter["model"] != "trace":
        return None
    try:
        with open(jitter["file"], encoding="utf8") as file:
            rows = [row.strip() for row in file]
        trace = [None if row == "x" else float(row) for row in rows if row and row[0] != "#"]
    except (OSError, ValueError) as error:
        raise LabError(
            f"trace {jitter['file']} cannot be read ({error}): give a file with one number of ms, or x, a line"
        ) from error
    if not trace:
        raise LabError(f"trace {jitter['file']} is empty: give one number of ms, or x, a line")
    return trace
