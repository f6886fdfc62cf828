"""Numbered packets with their time, over UDP.

    udp.py send ADDRESS PORT COUNT EVERY_MS BYTES
    udp.py receive ADDRESS PORT     prints `ready`; at the end of its input, the number and delay in ms of each packet

The time of arrival is that of the kernel, so that it does not matter when this process has its turn.
"""

import json
import select
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35


def send(address, port, count, every_ms, size):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number * every_ms / 1000 - time.monotonic()))
        packet = struct.pack("!IQ", number, time.time_ns()).ljust(size, b"\0")
        sender.sendto(packet, (address, port))


def receive(address, port):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    receiver.bind((address, port))
    print("ready", flush=True)
    arrivals = []
    while True:
        readable, _, _ = select.select([receiver, sys.stdin], [], [])
        if receiver in readable:
            packet, ancillary, _, _ = receiver.recvmsg(2048, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            number, sent = struct.unpack("!IQ", packet[:12])
            arrivals.append([number, (seconds * 10**9 + nanoseconds - sent) / 1e6])
        elif not sys.stdin.read():
            print(json.dumps(arrivals))
            return


if sys.argv[1] == "send":
    send(sys.argv[2], *(int(argument) for argument in sys.argv[3:]))
else:
    receive(sys.argv[2], int(sys.argv[3]))
