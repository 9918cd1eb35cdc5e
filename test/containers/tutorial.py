# The classic tutorial's program, as small as it comes: two functions, two threads, one UDP socket.
# Usage: tutorial.py OWN_PORT PEER_HOST PEER_PORT
import socket
import sys
import threading

own_port, peer_host, peer_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", own_port))


def receiver():
    while True:
        data, _ = sock.recvfrom(65535)
        print(data.decode(), flush=True)


def sender():
    for line in sys.stdin:
        sock.sendto(line.rstrip("\n").encode(), (peer_host, peer_port))


threading.Thread(target=receiver, daemon=True).start()
print("ready", flush=True)
sender()
