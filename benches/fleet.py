#!/usr/bin/env python3
"""What many watches and many accounts cost, on one machine with the server.

    cargo build --profile dist && benches/fleet.py target/dist/mailwatch-tui [--row ROW]... [--watches N]

    fleet     10,000 watches of ten accounts over TLS, the program's own `demo --serve` as the server: seconds until all idle,
              processor time of both sides, logins a connection, memory, and how old a line of `watch --json` is when it is read
    accounts  1,000 accounts that log in, a mailbox each: how often logins.json is replaced, bytes written, seconds until all idle
    keyring   100 accounts with their passwords in a keyring: seconds until the first login and until the last, and the same with
              `password_command`. Wants dbus-run-session and gnome-keyring-daemon

`fleet` needs `ulimit -n` above the number of watches on either side. The server shares the processor with the program: on two
cores it is the wait for both that is measured.
"""

import argparse
import collections
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

from costs import Server

WATCHES_OF_AN_ACCOUNT = 1_000


def processor(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid, field):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(rf"{field}:\s+(\d+)", file.read())[1]) * 1024 / 1e6


class Watching:
    """`watch --json`, and what it says."""

    def __init__(self, binary, config, before=()):
        self.home = tempfile.TemporaryDirectory(prefix="mailwatch-fleet-")
        file = os.path.join(self.home.name, "config.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(config)
        self.state = os.path.join(self.home.name, "state")
        self.idle, self.phases, self.late = set(), collections.Counter(), 0.0
        self.start = time.monotonic()
        self.child = subprocess.Popen([*before, binary, "--config", file, "--state-dir", self.state, "watch", "--json"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            event = json.loads(line)
            if event["kind"] == "phase":
                self.phases[event["to"]] += 1
                if event["to"] == "idling":
                    self.idle.add((event["account"], event["mailbox"]))
                    at = datetime.datetime.fromisoformat(event["ts"]).timestamp()
                    self.late = max(self.late, time.time() - at)

    def until_idle(self, count, seconds):
        end = time.monotonic() + seconds
        while len(self.idle) < count:
            if time.monotonic() > end or self.child.poll() is not None:
                raise SystemExit(f"fleet: {len(self.idle)} of {count} idle: {dict(self.phases)}")
            time.sleep(0.05)
        return time.monotonic() - self.start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()
        self.home.cleanup()


def fleet(binary, count):
    serve = [binary, "demo", "--serve", "--mailboxes", str(count)]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = ""
            while "max_connections" not in said:
                said += server.stdout.readline()
            boxes = json.loads(re.search(r"mailboxes = (\[.*\])", said)[1])
            head = said[said.index("[[account]]"):said.index("mailboxes =")]
            accounts = -(-count // WATCHES_OF_AN_ACCOUNT)
            config = "".join(head.replace('name = "demo"', f'name = "demo{n}"') + f"mailboxes = {json.dumps(boxes[n::accounts])}\n"
                             f"max_connections = {WATCHES_OF_AN_ACCOUNT + 8}\n\n" for n in range(accounts))
            with Watching(binary, config) as watch:
                after = watch.until_idle(count, 300)
                spent = processor(watch.child.pid), processor(server.pid)
                time.sleep(10)
                pid = watch.child.pid
                return (f"all {count} idle after {after:.1f} s (processor: {spent[0]:.1f} s, the server {spent[1]:.1f} s), "
                        f"{watch.phases['authenticating'] / count:.3f} logins a watch, {megabytes(pid, 'VmRSS'):.0f} MB resident, "
                        f"{megabytes(pid, 'RssAnon'):.0f} MB of its own, no line older than {watch.late:.1f} s")
        finally:
            server.kill()


def account(server, number, secret):
    return (f'[[account]]\nname = "a{number}"\nhost = "localhost"\nport = {server.port}\n{server.encryption()}\n'
            f'user = "u{number}"\n{secret}\nmailboxes = ["INBOX"]\nmax_connections = 2\n\n')


def accounts(binary, count):
    server = Server()
    # A file that is read costs less than a thousand commands, and says the same.
    config = "".join(account(server, n, 'password_command = ["true"]') for n in range(count))
    config = config.replace('["true"]', '["printf", "x"]')
    with Watching(binary, config) as watch:
        file, seen = os.path.join(watch.state, "logins.json"), set()

        def look():
            while watch.child.poll() is None:
                try:
                    found = os.stat(file)
                    seen.add((found.st_ino, found.st_mtime_ns))
                except FileNotFoundError:
                    pass
                time.sleep(0.0002)

        threading.Thread(target=look, daemon=True).start()
        after = watch.until_idle(count, 300)
        time.sleep(6)
        with open(f"/proc/{watch.child.pid}/io", encoding="utf-8") as io:
            written = int(re.search(r"^wchar: (\d+)", io.read(), re.M)[1])
        return (f"all {count} idle after {after:.1f} s, {written / 1e6:.1f} MB written, logins.json of {os.path.getsize(file)} bytes "
                f"replaced {len(seen)} times at least")


def keyring(binary, count):
    server = Server()
    with tempfile.TemporaryDirectory(prefix="mailwatch-keyring-") as home:
        config = os.path.join(home, "config.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("".join(account(server, n, "") for n in range(count)))
        # In a session of its own, with a keyring of its own.
        fill = (f"printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null && "
                f"for n in $(seq 0 {count - 1}); do printf x | '{binary}' --config '{config}' account login a$n >/dev/null || exit 1; done; "
                "exec \"$@\"")
        os.environ.update(HOME=home, XDG_RUNTIME_DIR=home)
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "DISPLAY", "WAYLAND_DISPLAY"):
            os.environ.pop(name, None)
        inside = [sys.executable, os.path.abspath(__file__), "--inside", str(server.port), binary, str(count)]
        said = subprocess.run(["dbus-run-session", "--", "sh", "-c", fill, "sh", *inside], check=True, stdout=subprocess.PIPE, text=True)
    return said.stdout.strip().splitlines()[-1]


def inside(port, binary, count):
    """In the keyring's session: starts the program twice, and prints when it logged in."""
    class Reached:
        encryption = staticmethod(lambda: 'tls = "off"')
    Reached.port = port
    said = []
    for name, secret in (("keyring", ""), ("command", 'password_command = ["printf", "x"]')):
        config = "".join(account(Reached, n, secret) for n in range(count))
        with Watching(binary, config) as watch:
            while not watch.idle:
                time.sleep(0.001)
            first = time.monotonic() - watch.start
            said.append(f"{name}: first idle after {first * 1000:.0f} ms, all {count} after {watch.until_idle(count, 120) * 1000:.0f} ms")
    print("; ".join(said))


ROWS = {"fleet": (fleet, 10_000), "accounts": (accounts, 1_000), "keyring": (keyring, 100)}


def main():
    if sys.argv[1:2] == ["--inside"]:
        return inside(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--row", action="append", choices=ROWS, help="this row only; may be given several times")
    parser.add_argument("--watches", type=int, help="as many watches, or accounts, instead of the row's number")
    given = parser.parse_args()
    for name in given.row or ROWS:
        row, count = ROWS[name]
        print(f"{name:10}{row(os.path.abspath(given.binary), given.watches or count)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
