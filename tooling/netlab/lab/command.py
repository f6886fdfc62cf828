"""The user's command: runs it on the machine itself while the network is up, and leaves nothing of it behind."""

import os
import shlex
import signal
import subprocess
import sys
import time

#: So long after SIGTERM what is left is killed.
GRACE_S = 2


class Command:
    """A shell command in a process group of its own, which ends with this process, however that happens."""

    def __init__(self, text, hosts):
        self._control, control = os.pipe()
        environment = {f"NETLAB_H{n}": host.address for n, host in enumerate(hosts, 1)}
        self._process = subprocess.Popen(
            ["bash", "-c", functions(hosts, control) + text],
            env={**os.environ, **environment},
            start_new_session=True,
            pass_fds=[control],
        )
        os.close(control)
        self._alive = guard(self._process.pid)

    @property
    def control(self):
        """Where what it `tell`s is to be read."""
        return self._control

    @property
    def status(self):
        """Its exit status, as a shell tells it; None while it runs."""
        code = self._process.poll()
        return code if code is None or code >= 0 else 128 - code

    def stop(self):
        """Ends it, and what it has started."""
        end_group(self._process.pid)
        self._process.wait()


def functions(hosts, control):
    """What the command may call: `on HOST PROGRAM...` and `tell COMMAND`."""
    paths = " ".join(shlex.quote(host.path) for host in hosts)
    enter = f"{shlex.quote(sys.executable)} {shlex.quote(os.path.dirname(__file__))} enter"
    return (
        f'on() {{ local hosts=({paths}); {enter} "${{hosts[$1-1]:?there is no host $1}}" "${{@:2}}"; }}\n'
        f'tell() {{ echo "$*" >&{control}; }}\n'
        "export -f on tell\n"
    )


def guard(group):
    """Forks a process that ends the group when this one is gone, even by SIGKILL: then the pipe between them closes."""
    watched, alive = os.pipe()
    if os.fork() != 0:
        os.close(watched)
        return alive
    os.setsid()
    os.close(alive)
    # What this process had open would hold the hosts and the caller's pipes.
    for fd in range(256):
        if fd != watched:
            try:
                os.close(fd)
            except OSError:
                pass
    os.read(watched, 1)
    end_group(group)
    os._exit(0)


def end_group(group):
    for wait_s, name in ((GRACE_S, signal.SIGTERM), (0, signal.SIGKILL)):
        try:
            os.killpg(group, name)
        except ProcessLookupError:
            return
        until = time.monotonic() + wait_s
        while time.monotonic() < until and any_left(group):
            time.sleep(0.02)


def any_left(group):
    """Whether a process of the group still runs (the ended that nobody has waited for do not)."""
    for entry in os.listdir("/proc"):
        if not entry.isdecimal():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf8", errors="replace") as file:
                state, _, of_group = file.read().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state not in "ZX":
            return True
    return False
