#!/usr/bin/env python3
"""What the screen costs on a real terminal: CPU with five idle watches, and the time from a key to the first byte.

    cargo build --profile dist && benches/screen.py [target/dist/mailwatch-tui]

The program runs on a pseudo terminal of 100x30, its five mailboxes on an embedded server in another process. CPU is
what the kernel gave the program's threads (/proc/PID/task/*/schedstat), three times over 60 s. Keys are pressed 300
times, 60 to 160 ms apart, so that they meet the frames of the counting seconds too. Linux.
"""

import fcntl
import os
import pty
import random
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

WATCHES, RUNS, SECONDS, KEYS = 5, 3, 60, 300


def serve(binary):
    """A server, and the configuration that it prints."""
    server = subprocess.Popen([binary, "demo", "--serve", "--mailboxes", str(WATCHES)], stdout=subprocess.PIPE, text=True)
    config = []
    for line in server.stdout:
        if config or line.startswith("# A configuration"):
            config.append(line)
        if line.startswith("max_connections"):
            return server, "".join(config)
    sys.exit("the server has ended")


class Screen:
    """The program on a terminal of its own."""

    def __init__(self, binary, home):
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", HOME=home)
            os.execv(binary, [binary, "--config", f"{home}/config.toml", "--state-dir", f"{home}/state"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    def read_for(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                self.shown += os.read(self.terminal, 65536)

    def cpu(self):
        tasks = f"/proc/{self.pid}/task"
        return sum(int(open(f"{tasks}/{task}/schedstat").read().split()[0]) for task in os.listdir(tasks)) / 1e9

    def press(self, key):
        """Milliseconds from the key to the first byte that comes back."""
        begun = time.monotonic()
        os.write(self.terminal, key)
        if not select.select([self.terminal], [], [], 2)[0]:
            sys.exit("nothing was drawn for a key")
        took = time.monotonic() - begun
        self.shown += os.read(self.terminal, 65536)
        return took * 1000

    def quit(self):
        os.write(self.terminal, b"q")
        time.sleep(1)
        os.waitpid(self.pid, 0)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "target/dist/mailwatch-tui"
    with tempfile.TemporaryDirectory() as home:
        server, config = serve(binary)
        try:
            with open(f"{home}/config.toml", "w") as file:
                file.write(config)
            screen = Screen(binary, home)
            screen.read_for(8)
            if b"idling" not in screen.shown:
                sys.exit("no watch idles")
            for _ in range(RUNS):
                before = screen.cpu()
                screen.read_for(SECONDS)
                print(f"CPU over {SECONDS} s: {100 * (screen.cpu() - before) / SECONDS:.3f} % of a core", flush=True)
            times = []
            for n in range(KEYS):
                screen.read_for(random.uniform(0.06, 0.16))
                times.append(screen.press(b"k" if n % 2 else b"j"))
            times.sort()
            rare = times[len(times) * 99 // 100]
            print(f"key to byte: median {statistics.median(times):.2f} ms, 99 of 100 under {rare:.2f} ms, most {times[-1]:.2f} ms")
            screen.quit()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()


main()
