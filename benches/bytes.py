#!/usr/bin/env python3
"""What the screen sends to its terminal: bytes of the first frame, of a key's answer, and of a minute in which nothing happens.

    benches/bytes.py target/dist/mailwatch-tui [COLUMNSxROWS [WATCHES [BYTES]]]

The program runs on a pseudo terminal of 200x50 unless another size is given, its five mailboxes on an embedded server in
another process. Bytes are counted, no time: any build will do. Ends with 1 where the idle minute has more than BYTES. Linux, macOS.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"


def serve(binary, watches):
    """A server, and the configuration that it prints."""
    server = subprocess.Popen([binary, "demo", "--serve", "--mailboxes", str(watches)], stdout=subprocess.PIPE, text=True)
    config = []
    for line in server.stdout:
        if config or line.startswith("# A configuration"):
            config.append(line)
        if line.startswith("max_connections"):
            return server, "".join(config)
    sys.exit("the server has ended")


def read_for(terminal, seconds):
    """What is sent within so long."""
    sent, until = b"", time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            sent += os.read(terminal, 65536)
    return sent


def frames(sent):
    """The frames in it, with the bytes that begin and end them."""
    return [BEGIN + frame.split(END)[0] + END for frame in sent.split(BEGIN)[1:]]


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/dist/mailwatch-tui")
    columns, rows = map(int, (sys.argv[2] if len(sys.argv) > 2 else "200x50").split("x"))
    watches = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    most = int(sys.argv[4]) if len(sys.argv) > 4 else sys.maxsize
    server, config = serve(binary, watches)
    with tempfile.TemporaryDirectory() as home:
        with open(f"{home}/config.toml", "w") as file:
            file.write(config)
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", HOME=home)
            os.execv(binary, [binary, "--config", f"{home}/config.toml", "--state-dir", f"{home}/state"])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        try:
            read_for(terminal, 10)
            # Ctrl-L draws every cell anew.
            os.write(terminal, b"\x0c")
            whole = max(map(len, frames(read_for(terminal, 2))), default=0)
            idle = read_for(terminal, 60)
            drawn = frames(idle)
            keys = []
            for key in (b"s", b"s", b"s", b"s"):
                os.write(terminal, key)
                keys.append(max(map(len, frames(read_for(terminal, 0.5))), default=0))
        finally:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            server.kill()
    print(f"{columns}x{rows}, {watches} watches")
    print(f"  every cell        {whole:7} bytes")
    print(f"  an idle minute    {len(idle):7} bytes in {len(drawn)} frames, {len(idle) // max(len(drawn), 1)} each")
    print(f"  a key (order)     {max(keys):7} bytes at most")
    if len(idle) > most:
        sys.exit(f"bytes: an idle minute is above {most} bytes")


if __name__ == "__main__":
    main()
