#!/usr/bin/env python3
"""What `watch` costs in processor, memory and disk, for one program or two side by side.

    cargo build --profile dist && benches/costs.py target/dist/mailwatch-tui [BEFORE] [--row ROW]...

A server of this script has as many mailboxes as a row wants and as many mails as it says; the figures are the program's own,
from /proc, so that the server's speed is not among them. BEFORE, another binary, is measured in the same run. `--tls` has the
server speak TLS, with a certificate that `openssl` makes.

    burst     20,000 mails of one mailbox at once: processor time and voluntary context switches a told mail
    jump      100,000 at once: seconds until the last is told
    other     a mail of another mailbox while 10,000 are told: seconds until it is
    spread    1,000 mailboxes that each get a mail in one second: seconds until the first and the last are told
    memory    private memory a watch at 1,000 watches, and resident memory
    small     resident memory with 20 watches
    disk      bytes written a DONE, 1,000 watches with reissue = "1m", over two minutes
    idle      voluntary context switches a minute, 5 watches
    start     seconds until the first IDLE, with a million rows of history that are past their age
    history   resident memory of `history receipts` and of `report`, over a million rows

Linux. A minute or two a row.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

CAPABILITIES = "IMAP4rev1 IDLE UIDPLUS ESEARCH"
HEADER = ("From: Somebody <s{n}@example.org>\r\nSubject: m{n}\r\nDate: Sun, 29 Nov 2026 08:00:00 +0000\r\n"
          "Message-ID: <{n}@{box}.example.org>\r\n\r\n")


class Mailbox:
    def __init__(self, name):
        self.name, self.total, self.idling = name, 1, set()

    def grow(self, more):
        """New mail, announced to who idles."""
        self.total += more
        for writer in self.idling:
            writer.write(f"* {self.total} EXISTS\r\n".encode())


class Server(threading.Thread):
    """IMAP4rev1 as far as `watch` speaks it. Every message is like every other."""

    tls = False

    def __init__(self):
        super().__init__(daemon=True)
        self.home = tempfile.TemporaryDirectory(prefix="mailwatch-costs-")
        self.boxes, self.idles, self.dones = {}, 0, 0
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.start()
        self.ready.wait()

    def run(self):
        self.loop.run_until_complete(self.serve())

    async def serve(self):
        context = self.certificate() if self.tls else None
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0, limit=1 << 20, backlog=4096, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    def certificate(self):
        self.ca, key = (os.path.join(self.home.name, name) for name in ("ca.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
                        "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", self.ca],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        return context

    def encryption(self):
        return f'tls = "implicit"\nca_file = "{self.ca}"' if self.tls else 'tls = "off"'

    def call(self, what, *arguments):
        self.loop.call_soon_threadsafe(what, *arguments)

    def box(self, name):
        return self.boxes.setdefault(name, Mailbox(name))

    async def talk(self, reader, writer):
        try:
            await self.session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for box in self.boxes.values():
                box.idling.discard(writer)
            writer.close()

    async def session(self, reader, writer):
        def say(text):
            writer.write(text.encode())

        say(f"* OK [CAPABILITY {CAPABILITIES}] ready\r\n")
        box, idle = None, None
        while line := (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
            if line.upper() == "DONE" and idle:
                box.idling.discard(writer)
                self.dones += 1
                say(f"{idle} OK IDLE terminated\r\n")
                idle = None
                continue
            tag, _, rest = line.partition(" ")
            verb = rest.upper()
            if verb.startswith("AUTHENTICATE"):
                if rest.count(" ") < 2:
                    say("+ \r\n")
                    await reader.readline()
                say(f"{tag} OK [CAPABILITY {CAPABILITIES}] in\r\n")
            elif verb.startswith(("EXAMINE", "SELECT")):
                box = self.box(rest.split(" ", 1)[1].strip('"'))
                say(f"* FLAGS (\\Seen)\r\n* {box.total} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n"
                    f"* OK [UIDNEXT {box.total + 1}] x\r\n{tag} OK [READ-ONLY] x\r\n")
            elif verb == "IDLE":
                idle = tag
                self.idles += 1
                box.idling.add(writer)
                say("+ idling\r\n")
            elif "SEARCH" in verb:
                say(self.search(tag, verb, box))
            elif "FETCH" in verb:
                for part in fetched(verb, box):
                    say(part)
                    await writer.drain()
                say(f"{tag} OK done\r\n")
            elif verb.startswith("LOGOUT"):
                say(f"* BYE\r\n{tag} OK done\r\n")
                return
            elif verb.startswith("LIST"):
                say(f'* LIST () "/" INBOX\r\n{tag} OK done\r\n')
            elif verb.startswith("CAPABILITY"):
                say(f"* CAPABILITY {CAPABILITIES}\r\n{tag} OK done\r\n")
            else:
                say(f"{tag} OK done\r\n")

    @staticmethod
    def search(tag, verb, box):
        wanted = re.search(r"UID (\d+):(\S+)", verb[verb.index("SEARCH"):])
        first = int(wanted[1]) if wanted else 1
        last = box.total if not wanted or wanted[2] == "*" else min(box.total, int(wanted[2]))
        if "RETURN" in verb:
            found = f"ALL {first}:{last} MIN {first} MAX {last} " if "UNSEEN" not in verb else ""
            return f'* ESEARCH (TAG "{tag}") UID {found}COUNT {last - first + 1}\r\n{tag} OK done\r\n'
        return "* SEARCH " + " ".join(map(str, range(first, last + 1))) + f"\r\n{tag} OK done\r\n"


def fetched(verb, box):
    """The answers to a FETCH, a few hundred at a time."""
    lines = []
    for part in re.search(r"FETCH (\S+)", verb)[1].split(","):
        ends = [box.total if end == "*" else int(end) for end in part.split(":")]
        for n in range(min(ends), min(max(ends), box.total) + 1):
            items = [f"UID {n}"]
            if "FLAGS" in verb:
                items.append("FLAGS ()")
            if "INTERNALDATE" in verb:
                items.append('INTERNALDATE "29-Nov-2026 08:00:00 +0000"')
            if "RFC822.SIZE" in verb:
                items.append("RFC822.SIZE 2000")
            if body := re.search(r"BODY(?:\.PEEK)?(\[.*?\])", verb):
                text = HEADER.format(n=n, box=box.name)
                items.append(f"BODY{body[1]} {{{len(text)}}}\r\n{text}")
            lines.append(f"* {n} FETCH ({' '.join(items)})\r\n")
            if len(lines) == 500:
                yield "".join(lines)
                lines = []
    yield "".join(lines)


class Watch:
    """The program on a new state directory, and what it prints."""

    def __init__(self, binary, server, count, timers="", home=None):
        self.home = home or tempfile.TemporaryDirectory(prefix="mailwatch-costs-")
        self.boxes = ["INBOX"] + [f"box{n}" for n in range(2, count + 1)]
        config = os.path.join(self.home.name, "config.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'[timers]\n{timers}\n[[account]]\nname = "a"\nhost = "localhost"\nport = {server.port}\n{server.encryption()}\n'
                       f'user = "u"\npassword_command = ["printf", "x"]\nmax_connections = {count + 4}\n'
                       f"mailboxes = {json.dumps(self.boxes)}\n")
        self.server = server
        self.lines, self.at, self.told = [], [], 0
        self.command = [binary, "--config", config, "--state-dir", os.path.join(self.home.name, "state")]
        start, before = time.monotonic(), server.idles
        self.child = subprocess.Popen(self.command + ["watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.read, daemon=True).start()
        self.until(lambda: server.idles - before >= count, 180, 0.002)
        self.idle_after = time.monotonic() - start
        time.sleep(3)

    def read(self):
        for line in self.child.stdout:
            if '"kind":"new_mail"' in line:
                self.told += 1
                if self.told <= 2_000 or '"mailbox":"INBOX"' not in line:
                    self.lines.append(line)
                    self.at.append(time.monotonic())

    def until(self, done, seconds, pause=0.02):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"costs: not done within {seconds} s: {self.told} told, {self.server.idles} idle")
            time.sleep(pause)

    def processor(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def switches(self):
        total = 0
        for task in os.listdir(f"/proc/{self.child.pid}/task"):
            try:
                with open(f"/proc/{self.child.pid}/task/{task}/status", encoding="utf-8") as file:
                    total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M)[1])
            except FileNotFoundError:
                pass
        return total

    def memory(self):
        """Private and resident memory, in KiB."""
        with open(f"/proc/{self.child.pid}/smaps_rollup", encoding="utf-8") as file:
            text = file.read()
        private = sum(int(kb) for kb in re.findall(r"^Private_\w+:\s+(\d+)", text, re.M))
        return private, int(re.search(r"^Rss:\s+(\d+)", text, re.M)[1])

    def written(self):
        with open(f"/proc/{self.child.pid}/io", encoding="utf-8") as file:
            return int(re.search(r"^write_bytes: (\d+)", file.read(), re.M)[1])

    def __enter__(self):
        return self

    def end(self):
        self.child.terminate()
        self.child.wait()

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.home.cleanup()


def burst(binary):
    server, count = Server(), 20_000
    with Watch(binary, server, 1) as watch:
        before, switches = watch.processor(), watch.switches()
        server.call(server.box("INBOX").grow, count)
        watch.until(lambda: watch.told >= count, 300)
        time.sleep(1)
        spent, switched = watch.processor() - before, watch.switches() - switches
    return f"{spent / count * 1e6:.0f} µs, {switched / count:.2f} switches a mail"


def jump(binary):
    server, count = Server(), 100_000
    with Watch(binary, server, 1) as watch:
        start = time.monotonic()
        server.call(server.box("INBOX").grow, count)
        watch.until(lambda: watch.told >= count, 600)
        return f"{time.monotonic() - start:.1f} s"


def other(binary):
    server = Server()
    with Watch(binary, server, 2) as watch:
        server.call(server.box("INBOX").grow, 10_000)
        watch.until(lambda: watch.told >= 100, 60)
        start, seen = time.monotonic(), len(watch.lines)
        server.call(server.box("box2").grow, 1)
        mine = lambda: [at for line, at in zip(watch.lines[seen:], watch.at[seen:]) if '"mailbox":"box2"' in line]
        watch.until(mine, 120)
        return f"{mine()[0] - start:.3f} s"


def spread(binary):
    server, count = Server(), 1_000
    with Watch(binary, server, count) as watch:
        start = time.monotonic()
        server.call(lambda: [server.box(name).grow(1) for name in watch.boxes])
        watch.until(lambda: watch.told >= count, 120)
        return f"first {watch.at[0] - start:.2f} s, last {watch.at[-1] - start:.2f} s"


def memory(binary):
    server, count = Server(), 1_000
    with Watch(binary, server, 1) as watch:
        time.sleep(5)
        one, _ = watch.memory()
    server = Server()
    with Watch(binary, server, count) as watch:
        time.sleep(30)
        many, resident = watch.memory()
    return f"{(many - one) / (count - 1):.1f} KiB a watch, {resident / 1024:.1f} MiB resident"


def small(binary):
    with Watch(binary, Server(), 20) as watch:
        time.sleep(10)
        return f"{watch.memory()[1] / 1024:.1f} MiB resident"


def disk(binary):
    server = Server()
    with Watch(binary, server, 1_000, 'reissue = "1m"') as watch:
        time.sleep(60)
        before, dones = watch.written(), server.dones
        time.sleep(120)
        written, dones = watch.written() - before, server.dones - dones
    return f"{written / max(dones, 1):.0f} bytes a DONE, {dones} DONEs"


def idle(binary):
    with Watch(binary, Server(), 5) as watch:
        time.sleep(20)
        before = watch.switches()
        time.sleep(60)
        return f"{watch.switches() - before} a minute"


def fill(home, age_days):
    """A million receipts, a minute apart, the oldest so many days old."""
    db = sqlite3.connect(os.path.join(home.name, "state", "history.db"))
    (width,) = db.execute("SELECT count(*) FROM pragma_table_info('receipt')").fetchone()
    (watch,) = db.execute("SELECT id FROM watch").fetchone()
    first = int((time.time() - age_days * 86400) * 1000)
    some = random.Random(1).randrange
    rows = ((watch, 1, first + n * 1000 + some(1000), "reissue", 240_000 + some(2000), some(3), 10 + some(90), 100 + some(900),
             "OK", 0, 0) for n in range(1_000_000))
    db.executemany(f"INSERT INTO receipt VALUES ({', '.join('?' * width)})", rows)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def start(binary):
    server, home = Server(), tempfile.TemporaryDirectory(prefix="mailwatch-costs-")
    fresh = Watch(binary, server, 1, home=home)
    fresh.end()
    fill(home, 90)
    with Watch(binary, server, 1, home=home) as watch:
        return f"{watch.idle_after:.2f} s, {fresh.idle_after:.2f} s without history"


def history(binary):
    server, home = Server(), tempfile.TemporaryDirectory(prefix="mailwatch-costs-")
    watch = Watch(binary, server, 1, home=home)
    watch.end()
    fill(home, 20)
    most = []
    for command in (["history", "receipts", "--since", "30d"], ["report", "--since", "30d", "--output", os.path.join(home.name, "r.tar.gz")]):
        child = subprocess.Popen(watch.command + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"costs: {command[0]} ended with {child.returncode}")
        most.append(f"{command[0]} {usage.ru_maxrss / 1024:.1f} MiB")
    home.cleanup()
    return ", ".join(most)


ROWS = {row.__name__: row for row in (burst, jump, other, spread, memory, small, disk, idle, start, history)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("before", nargs="?")
    parser.add_argument("--row", action="append", choices=ROWS, help="this row only; may be given several times")
    parser.add_argument("--tls", action="store_true", help="the server speaks TLS")
    parser.add_argument("--at-most", type=float, help="end with 1 where a row's first figure is above this")
    given = parser.parse_args()
    Server.tls = given.tls
    for name in given.row or ROWS:
        for binary in filter(None, (given.before, given.binary)):
            which = "before" if binary == given.before else "now"
            figures = ROWS[name](os.path.abspath(binary))
            print(f"{name:8}{which:8}{figures}", flush=True)
            if given.at_most is not None and float(re.search(r"[\d.]+", figures).group()) > given.at_most:
                sys.exit(f"costs: {name} is above {given.at_most:g}")


if __name__ == "__main__":
    sys.exit(main())
