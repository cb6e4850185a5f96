"""Makes the kernel refuse, drop or swap something, on purpose: what a recording must then show.

  congest.py receive-buffer N    sends N datagrams to a socket that nobody reads
  congest.py listen-queue N      N connections to a listening socket that never accepts
  congest.py unread-tunnel N     N packets to a tunnel that nobody reads
  congest.py narrow N            N bytes by TCP to itself, through whatever the loopback's queue lets pass
  congest.py sockets N           N connections, held while ss(8) counts; prints its count
  congest.py page-out N          N bytes of memory, sent to swap and taken back
"""

import fcntl
import mmap
import os
import socket
import struct
import subprocess
import sys
import threading
import time

MADV_PAGEOUT = 21
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000


def receive_buffer(count):
    unread = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    unread.bind(("127.0.0.1", 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(count):
        sender.sendto(b"x" * 1000, unread.getsockname())


def listen_queue(count):
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(1)
    waiting = [socket.socket() for _ in range(count)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(full.getsockname())
    time.sleep(0.2)


def unread_tunnel(count):
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH", b"unread0", IFF_TUN | IFF_NO_PI))
    for words in ("link set unread0 txqueuelen 4", "addr add 10.99.0.1/24 dev unread0", "link set unread0 up"):
        subprocess.run(["ip", *words.split()], check=True)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(count):
        sender.sendto(b"x" * 100, ("10.99.0.2", 9))
    # The tunnel goes with its descriptor: there must be samples before.
    time.sleep(0.5)


def narrow(count):
    server = socket.create_server(("127.0.0.1", 0))

    def drain():
        connection, _ = server.accept()
        while connection.recv(65536):
            pass

    reader = threading.Thread(target=drain)
    reader.start()
    with socket.create_connection(server.getsockname()) as client:
        client.sendall(b"x" * count)
    reader.join()


def sockets(count):
    server = socket.create_server(("127.0.0.1", 0), backlog=count)
    clients = [socket.create_connection(server.getsockname()) for _ in range(count)]
    accepted = [server.accept()[0] for _ in range(count)]
    six = socket.create_server(("::1", 0), family=socket.AF_INET6)
    rows = subprocess.run(["ss", "-Htan"], check=True, capture_output=True, text=True).stdout.splitlines()
    print(len(rows))
    time.sleep(0.5)
    return clients, accepted, six


def page_out(size):
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for at in range(0, size, mmap.PAGESIZE):
            memory[at : at + 8] = struct.pack("Q", at + 1)
        # What the first round writes stays in memory too until a second one lets go of it; a third takes it back.
        for _ in range(4):
            memory.madvise(MADV_PAGEOUT)
            time.sleep(0.1)
            for at in range(0, size, mmap.PAGESIZE):
                assert memory[at : at + 8] == struct.pack("Q", at + 1)


if __name__ == "__main__":
    {
        "receive-buffer": receive_buffer,
        "listen-queue": listen_queue,
        "unread-tunnel": unread_tunnel,
        "narrow": narrow,
        "sockets": sockets,
        "page-out": page_out,
    }[sys.argv[1]](int(sys.argv[2]))
