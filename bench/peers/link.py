"""A link for programs that speak IP of any kind: two TUN devices, between which each packet is lost by chance, waits its turn
at a rate, and arrives after a delay. `tincan relay` does the same to datagrams; TCP can't go through that.

Usage: link.py LEFT_DEVICE RIGHT_DEVICE DELAY_MS LOSS_RATE BITS_PER_SECOND QUEUE_BYTES (no rate: 0). Ends with its stdin.
"""

import collections
import fcntl
import os
import random
import select
import struct
import sys
import time

LARGEST_PACKET = 65_536
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Direction:
    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.waiting = collections.deque()
        self.busy_until = 0.0

    def take(self, now):
        """Reads all that is there."""
        while True:
            try:
                packet = os.read(self.source, LARGEST_PACKET)
            except OSError:
                return
            if random.random() < loss_rate:
                continue
            leaves = now
            if rate > 0:
                if max(0.0, self.busy_until - now) * rate / 8 + len(packet) > queue_bytes:
                    continue
                leaves = self.busy_until = max(self.busy_until, now) + len(packet) * 8 / rate
            self.waiting.append((leaves + delay, packet))

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            try:
                os.write(self.sink, self.waiting.popleft()[1])
            except OSError:
                pass


left_name, right_name = sys.argv[1:3]
delay, loss_rate, rate, queue_bytes = (float(word) for word in sys.argv[3:7])
delay /= 1000
left, right = tun(left_name), tun(right_name)
directions = [Direction(left, right), Direction(right, left)]
print("ready", flush=True)
while True:
    dues = [direction.waiting[0][0] for direction in directions if direction.waiting]
    patience = max(0.0, min(dues) - time.monotonic()) if dues else None
    readable, _, _ = select.select([left, right, sys.stdin], [], [], patience)
    if sys.stdin in readable:
        sys.exit()
    now = time.monotonic()
    for direction in directions:
        if direction.source in readable:
            direction.take(now)
        direction.give(now)
