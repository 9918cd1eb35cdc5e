# Prints every UDP datagram that passes this container's network interface: "FROM_IP:PORT TO_IP:PORT PAYLOAD_IN_HEX".
import socket
import struct

# 0x0003: all protocols, in both directions.
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_388_608)
print("sniffing", flush=True)
while True:
    frame, (interface, _, kind, *_) = sock.recvfrom(65_535)
    if interface == "lo" or frame[12:14] != b"\x08\x00":
        continue
    packet = frame[14:]
    header_bytes = (packet[0] & 0x0F) * 4
    if packet[9] != socket.IPPROTO_UDP:
        continue
    from_port, to_port, udp_bytes = struct.unpack("!HHH", packet[header_bytes : header_bytes + 6])
    source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    payload = packet[header_bytes + 8 : header_bytes + udp_bytes]
    print(f"{source}:{from_port} {target}:{to_port} {payload.hex()}", flush=True)
