# Somebody on the network without the key. Each line of stdin, "FROM_IP:PORT TO_IP:PORT PAYLOAD_IN_HEX", goes out as one
# datagram; FROM may be anybody's address, "self" is this container's own. What it is sent in answer is printed.
import socket
import struct
import sys
import threading

own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind(("0.0.0.0", 5000))
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def listen():
    while True:
        payload, (ip, port) = own.recvfrom(65_535)
        print(f"answered by {ip}:{port} with {len(payload)} bytes", flush=True)


def forge(source, target, payload):
    (source_ip, source_port), (target_ip, target_port) = source, target
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    # The kernel fills in the length and the checksum of an IP header that is given to it.
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source_ip), socket.inet_aton(target_ip))
    raw.sendto(ip + udp, (target_ip, 0))


def address(text):
    ip, port = text.rsplit(":", 1)
    return ip, int(port)


threading.Thread(target=listen, daemon=True).start()
print("ready", flush=True)
sent = 0
for line in sys.stdin:
    if line.strip() == "count":
        print(f"sent {sent}", flush=True)
        continue
    source, target, payload = line.split(" ")
    data = bytes.fromhex(payload)
    if source == "self":
        own.sendto(data, address(target))
    else:
        forge(address(source), address(target), data)
    sent += 1
