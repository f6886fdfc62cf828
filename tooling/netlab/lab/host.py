"""A host: a network namespace without a name, held open by this process alone.

When the process ends, however that happens, and with it what runs inside, the kernel takes the namespace away: there
is nothing to clean up.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess

from errors import LabError

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Host:
    """A namespace with one interface, eth0, whose packets this process reads and writes."""

    def __init__(self, number):
        self.address = f"10.77.0.{number}"
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            call("unshare", CLONE_NEWNET)
            try:
                self.namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
                self.tun = open_tun("eth0")
                self._set_up()
            finally:
                call("setns", home, CLONE_NEWNET)
        finally:
            os.close(home)

    @property
    def path(self):
        """A path that leads into the namespace for as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self.namespace}"

    def _set_up(self):
        # Without addresses of IPv6, which the router does not carry.
        ip("link", "set", "eth0", "addrgenmode", "none")
        ip("link", "set", "lo", "up")
        ip("addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("link", "set", "eth0", "mtu", "1500", "txqueuelen", "2000", "up")
        ip("route", "add", "default", "dev", "eth0")


def enter(path, command, real_time):
    """Becomes `command`, on the host to which `path` leads; told to end when its parent does."""
    die_with_parent()
    if real_time:
        run_first(1)
    try:
        with open(path, "rb") as namespace:
            call("setns", namespace.fileno(), CLONE_NEWNET)
    except OSError as error:
        raise LabError(f"host {path} cannot be entered ({error}): is its lab running?") from error
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise LabError(f"{command[0]} cannot be run ({error.strerror})") from error


def check_means():
    """LabError when this machine or user cannot have hosts."""
    if os.geteuid() != 0:
        raise LabError("hosts are network namespaces, which only root can make: run it with sudo")
    if shutil.which("ip") is None:
        raise LabError("there is no `ip` command: install iproute2")
    if not os.path.exists("/dev/net/tun"):
        raise LabError("there is no /dev/net/tun: run `modprobe tun`, or give the container --device /dev/net/tun")
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        call("unshare", CLONE_NEWNET)
        call("setns", home, CLONE_NEWNET)
    except OSError as error:
        raise LabError(
            f"no network namespace can be made ({error.strerror}): give the container --cap-add SYS_ADMIN,NET_ADMIN"
        ) from error
    finally:
        os.close(home)


def die_with_parent():
    """Gets SIGTERM when the parent ends, however that happens."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run_first(priority, also_children=True):
    """Lets this process run before what has no priority or a lower one, where that is allowed."""
    policy = os.SCHED_RR if also_children else os.SCHED_RR | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -15)


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def call(name, *arguments):
    """A call of libc that sets errno."""
    if getattr(libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
