#!/usr/bin/env python3
"""usage: netpipe -reuse 500 scripts/worker.py

An example of a worker, a filter process that serves many connections, one after the
other. It answers with its input in upper case. "go doc ./netpipe/worker" describes the
protocol between netpipe and a worker, a subset of FastCGI 1.0."""
import struct
import sys

# Record types.
BEGIN, END, STDIN, STDOUT, STDERR, GREETING, GREETING_ANSWER = 1, 3, 5, 6, 7, 9, 10


def read_record():
    """Read a record and return its type, request id and content. Exit at the end of stdin."""
    header = sys.stdin.buffer.read(8)
    if not header:
        sys.exit(0)
    _, kind, request, length, padding, _ = struct.unpack(">BBHHBB", header)
    return kind, request, sys.stdin.buffer.read(length + padding)[:length]


def write_records(kind, request, content):
    """Write content in records of at most 65535 bytes. Write none if content is empty."""
    for i in range(0, len(content), 65535):
        part = content[i:i + 65535]
        sys.stdout.buffer.write(struct.pack(">BBHHBB", 1, kind, request, len(part), 0, 0) + part)


def answer(data):
    """Return the answer to an input, or raise ValueError."""
    if not data.isascii():
        raise ValueError("only ASCII has an upper case here")
    return data.upper()


while True:
    kind, request, content = read_record()
    if kind == GREETING:
        write_records(GREETING_ANSWER, 0, b"\x0e\x01NETPIPE_WORKER1")
    elif kind == BEGIN:
        # The input ends with a record without content.
        data = b"".join(iter(lambda: read_record()[2], b""))
        status = 0
        try:
            write_records(STDOUT, request, answer(data))
        except ValueError as error:
            write_records(STDERR, request, str(error).encode())
            status = 1
        write_records(END, request, struct.pack(">IL", status, 0))
    sys.stdout.buffer.flush()
