#!/usr/bin/env python3
"""usage: netpipe -reuse 500 scripts/worker.py

A filter that serves one connection after another, in 30 lines: it answers with its
input in upper case. go doc ./netpipe/worker says how the two talk."""
import struct
import sys

BEGIN, END, STDIN, STDOUT, STDERR, GREETING, GREETED = 1, 3, 5, 6, 7, 9, 10


def read():
    """The next record's type, request and content."""
    header = sys.stdin.buffer.read(8)
    if not header:
        sys.exit(0)
    _, kind, request, length, padding, _ = struct.unpack(">BBHHBB", header)
    return kind, request, sys.stdin.buffer.read(length + padding)[:length]


def write(kind, request, content):
    for i in range(0, len(content), 65535):
        part = content[i:i + 65535]
        sys.stdout.buffer.write(struct.pack(">BBHHBB", 1, kind, request, len(part), 0, 0) + part)


def answer(data):
    if not data.isascii():
        raise ValueError("only ASCII has an upper case here")
    return data.upper()


while True:
    kind, request, content = read()
    if kind == GREETING:
        write(GREETED, 0, b"\x0e\x01NETPIPE_WORKER1")
    elif kind == BEGIN:
        # All of the input, up to the record without content.
        data = b"".join(iter(lambda: read()[2], b""))
        status = 0
        try:
            write(STDOUT, request, answer(data))
        except ValueError as why:
            write(STDERR, request, str(why).encode())
            status = 1
        write(END, request, struct.pack(">IL", status, 0))
    sys.stdout.buffer.flush()
