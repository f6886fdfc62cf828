"""netlab: hosts on one machine, joined by a network whose faults you choose.

Each host is a Linux network namespace with one interface, eth0. All packets between hosts go through this process,
which delays, drops, reorders and limits them as a profile says. Programs run in a host unchanged. Nothing leaves the
machine, and nothing is left on it: the hosts are gone when this process is, even killed.

With a command, that is run while the network is up. It may use
  on HOST PROGRAM...         runs a program on a host, as in `on 1 ping $NETLAB_H2`
  tell COMMAND               changes the network, see below
  $NETLAB_H1, $NETLAB_H2...  addresses of the hosts
netlab ends with its status, and prints what went over each link as a line of JSON.

Without a command, commands that change the network are read from standard input, and answered by a line of JSON each;
the first line printed says how to enter the hosts. It ends when the input does.
"""

import argparse
import gc
import json
import os
import signal
import sys

sys.dont_write_bytecode = True

from command import Command  # noqa: E402
from control import COMMANDS, Control  # noqa: E402
from errors import LabError  # noqa: E402
from host import Host, check_means, die_with_parent, enter, run_first  # noqa: E402
from profiles import PROFILES, load_profile  # noqa: E402
from router import Router, link_pairs  # noqa: E402

EPILOG = f"""\
commands that change the network:
{COMMANDS}

profiles: {', '.join(PROFILES)}. One of your own is a JSON object, for each direction:
  delay_ms     fixed one-way delay
  jitter       {{"model": "gauss", "sd_ms": s}}, {{"model": "pareto", "scale_ms": s, "shape": a, "cap_ms": c}},
               {{"model": "spike", "every_s": t, "height_ms": h, "decay_ms": d}}, or
               {{"model": "trace", "file": F}}: a line for each packet, with the ms it comes later or x for a lost one
  loss         {{"p": 0.01}}, or {{"ge": {{"p", "r", "h", "k"}}}} (Gilbert-Elliott: p good to bad, r bad to good,
               h and k the chance to get through in bad and good)
  rate_kbps    rate of the link, with a queue of queue_ms (default 200); more is dropped
  reorder      true lets jitter change the order of packets
  down         [[from_s, to_s], ...] in which nothing gets through

examples:
  netlab --profile wifi -- 'on 1 ping -c 5 $NETLAB_H2'
  netlab --profile wan --seed 7 -- 'on 1 ping -c 20 $NETLAB_H2 & sleep 2; tell cut 1-2; sleep 3; tell restore 1-2; wait'
  netlab --hosts 3 --profile lte --link 1-3=clean --link 2-3=clean -- './call.sh'
  netlab --profile '{{"delay_ms": 20, "rate_kbps": 500, "queue_ms": 300}}' -- 'on 1 ping -c 5 $NETLAB_H2'

Where `netlab` stands for `python3 tooling/netlab/lab`. Needs Linux, root, /dev/net/tun, iproute2 and Python 3.10.
Exit status: that of the command; 2 for a mistake on the command line, 3 where there can be no hosts.
"""


def main(arguments):
    if arguments[:1] == ["enter"] and len(arguments) > 2:
        real_time = arguments[1] == "--real-time"
        path, *command = arguments[1 + real_time :]
        return enter(path, command, real_time)
    options, command = parse(arguments)
    profile = load_profile(options.profile)
    links = dict(pair for text in options.link for pair in link_option(text, options.hosts))
    die_with_parent()
    stopped = []
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: stopped.append(True))
    try:
        check_means()
        hosts = [Host(number) for number in range(1, options.hosts + 1)]
    except LabError as error:
        return fail(error, 3)
    router = Router(hosts, profile, links, options.seed)
    print(f"netlab: seed {options.seed}", file=sys.stderr, flush=True)
    # A network does not wait for its hosts, whatever the machine has to do.
    run_first(2, also_children=False)
    gc.disable()  # nothing here refers to itself
    if command is None:
        return serve(router, hosts, options.seed, lambda: bool(stopped))
    return run(router, hosts, command, lambda: bool(stopped))


def run(router, hosts, text, stopped):
    """Runs the command until it ends or the process is told to stop."""
    command = Command(text, hosts)
    try:
        Control(router, command.control, complain)
        router.run_until(lambda: stopped() or command.status is not None)
        print(json.dumps({"netlab": router.counters()}), flush=True)
    finally:
        command.stop()
    return command.status


def serve(router, hosts, seed, stopped):
    """Follows commands from standard input until it ends."""
    inside = [sys.executable, os.path.abspath(os.path.dirname(__file__)), "enter"]
    ways = [{"address": host.address, "enter": inside, "path": host.path} for host in hosts]
    tell({"ok": True, "seed": seed, "hosts": ways})
    control = Control(router, sys.stdin.fileno(), tell)
    router.run_until(lambda: stopped() or control.ended)
    return 0


def tell(line):
    print(json.dumps(line), flush=True)


def complain(answer):
    """What a command told; only mistakes are worth a word."""
    if not answer["ok"]:
        print(f"netlab: {answer['error']}", file=sys.stderr, flush=True)
    elif len(answer) > 1:
        print(json.dumps(answer), file=sys.stderr, flush=True)


def parse(arguments):
    own, dashes, command = split(arguments, "--")
    parser = argparse.ArgumentParser(
        prog="netlab",
        usage="%(prog)s [options] [-- COMMAND]",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--hosts", type=whole(2, 31), default=2, metavar="N", help="2 to 31 (default 2)")
    parser.add_argument(
        "--profile", default="clean", metavar="P", help="of all links: a name, a JSON file or a JSON object (default clean)"
    )
    parser.add_argument(
        "--link", action="append", default=[], metavar="LINK=P", help="of one link, as 1>3=clean or 1-3=clean; may be repeated"
    )
    parser.add_argument("--seed", type=whole(0, 2**31), default=1, metavar="S", help="of all chance (default 1)")
    options = parser.parse_args(own)
    if dashes and not command:
        parser.error("there is no command after --")
    return options, " ".join(command) if dashes else None


def split(arguments, at):
    if at not in arguments:
        return arguments, False, []
    index = arguments.index(at)
    return arguments[:index], True, arguments[index + 1 :]


def whole(least, most):
    def read(text):
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text}: give a whole number from {least} to {most}")
        return int(text)

    return read


def link_option(text, hosts):
    link, sign, profile = text.partition("=")
    if not sign:
        raise LabError(f"--link {text}: give LINK=PROFILE, as 1-3=clean")
    loaded = load_profile(profile)
    return [(pair, loaded) for pair in link_pairs(link, hosts)]


def fail(error, status):
    print(f"netlab: {error}", file=sys.stderr)
    return status


try:
    sys.exit(main(sys.argv[1:]))
except LabError as mistake:
    sys.exit(fail(mistake, 2))
