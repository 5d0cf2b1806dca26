#!/usr/bin/env python3
"""What real servers do to mailboxes, and whether `watch` tells all mail of it: within 5 s of what the server says, and once.

    cargo build && benches/servers.py target/debug/mailwatch-tui SERVER...

SERVER is NAME,PORT,USER,PASSWORD or NAME,PORT,USER,PASSWORD,LIMITED: a server on 127.0.0.1 that takes a login without TLS. LIMITED
is a port at which the same user may have two connections at once; without it that case is left out. The user's mailboxes
whose names begin with `sv-` are deleted. `--only CASE` (repeatable) runs one case.

    Dovecot    a second instance on the same mail, with `mail_max_userip_connections = 2` within `protocol imap { }`
    Cyrus      a second service with an imapd.conf that has `maxlogins_per_user: 2`
    Courier    a second couriertcpd with -maxperip=2
    pymap      pymap --host 127.0.0.1 --port 39146 --no-tls dict --demo-data

A proxy stands between the program and each server and notes when each line passes. What the server says of a mail is the first line
after its delivery that shows it: EXISTS, RECENT or FETCH on a connection that has its mailbox selected, or its STATUS. Courier says
nothing for a minute at a time, and a server without NOTIFY says of shared mailboxes what it is asked: that is the server's part
and has a column of its own. Each case ends with a mail delivered while the program is off. All servers run at once, some ten minutes.
The exit is 1 where a mail is missed, told twice, or told later than 5 s after the server said it.
"""

import argparse
import base64
import collections
import imaplib
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WITHIN = 5.0
PATIENCE = 150
ODD = ["two words", "R&D", "Entwürfe", 'say "hi"', "100%", "st*r", "back\\slash", "日本語", "📬", "(round)", "{5}", "~home",
       "#hash", "NIL", "trailing ", "x]y", "$"]
TIMERS = 'reissue = "1m"\npoll = "20s"'


def utf7(name):
    """A mailbox's name in modified UTF-7 (RFC 3501 5.1.3)."""
    def shifted(match):
        text = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{text}-"
    return re.sub(r"[^\x20-\x7e]+", shifted, name.replace("&", "&-"))


def quoted(name):
    return '"' + utf7(name).replace("\\", "\\\\").replace('"', '\\"') + '"'


def toml(name):
    return json.dumps(name, ensure_ascii=False)


class Server:
    def __init__(self, text):
        self.name, port, self.user, self.password, *rest = text.split(",")
        self.port = int(port)
        self.limited = int(rest[0]) if rest else None
        with self.login() as imap:
            prefix, delimiter = self.namespace(imap)
            self.prefix, self.delimiter = prefix, delimiter
            for line in imap.list()[1]:
                name = self.listed(line)
                if name and name.startswith(f"{prefix}sv-"):
                    imap.delete(f'"{name}"')

    @staticmethod
    def namespace(imap):
        try:
            match = re.match(rb'\(\("([^"]*)" "(.)"', imap.namespace()[1][0])
            if match:
                return match[1].decode(), match[2].decode()
        except imaplib.IMAP4.error:
            pass
        return "", "/"

    @staticmethod
    def listed(line):
        """The name in a line of LIST, with its escapes."""
        if isinstance(line, tuple):
            return line[1].decode().replace("\\", "\\\\").replace('"', '\\"')
        match = line and re.match(rb'\([^)]*\) \S+ (?:"(.*)"|(.*))$', line)
        return (match[1] if match[1] is not None else match[2]).decode() if match else None

    def login(self):
        for _ in range(60):
            try:
                imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
                imap.login(self.user, self.password)
                return imap
            except (imaplib.IMAP4.error, OSError) as error:
                why = error
                time.sleep(1)
        raise SystemExit(f"{self.name}: {why}")

    def do(self, *commands):
        with self.login() as imap:
            for command, *names in commands:
                status, text = imap._simple_command(command, *[quoted(name) for name in names])
                if status != "OK":
                    raise RuntimeError(f"{self.name}: {command} {names}: {text}")


class Proxy(threading.Thread):
    """Notes when a line passes, from which connection, and which mailbox that one has selected."""

    def __init__(self, port, log):
        super().__init__(daemon=True)
        self.upstream = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        # (when, mailbox, line) of what the server says; mailboxes as the wire writes them.
        self.said = []
        self.commands = collections.Counter()
        self.log = log
        self.open = self.most = self.connections = 0
        self.lock = threading.Lock()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(client, self.connections), daemon=True).start()

    def serve(self, client, number):
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream), 10)
        except OSError:
            client.close()
            return
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
        selected, rest = [None], {client: b"", server: b""}
        try:
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    now = time.time()
                    *lines, rest[source] = (rest[source] + data).split(b"\r\n")
                    for line in lines:
                        self.note(now, number, source is client, line, selected)
                    if not data:
                        return
                    (server if source is client else client).sendall(data)
        except OSError:
            pass
        finally:
            client.close()
            server.close()
            with self.lock:
                self.open -= 1

    def note(self, now, number, asked, line, selected):
        text = line.decode("utf-8", "replace")
        self.log.write(f"{now:.3f} #{number} {'>' if asked else '<'} {text[:300]}\n")
        if asked:
            words = text.split(" ", 2)
            verb = words[1].upper() if len(words) > 1 else text.upper()
            self.commands[verb] += 1
            if verb in ("EXAMINE", "SELECT"):
                selected[0] = astring(words[2])
        elif match := re.match(r"\* STATUS (.*) \(", text, re.I):
            self.said.append((now, astring(match[1]), text))
        elif re.match(r"\* \d+ (EXISTS|RECENT|FETCH)", text, re.I):
            self.said.append((now, selected[0], text))


def astring(text):
    text = text.split(" (")[0] if not text.startswith('"') else text
    match = re.match(r'"((?:[^"\\]|\\.)*)"', text)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else text


def shows(text, event):
    """Whether a line may be of this mail: a STATUS that was on its way before the mail came is not."""
    figures = dict(zip(*[iter(re.findall(r"[A-Z]+|\d+", text.rpartition("(")[2].upper()))] * 2))
    same = figures.get("UIDVALIDITY") == str(event["uidvalidity"])
    return not (text.upper().startswith("* STATUS") and same and int(figures.get("UIDNEXT", 2 ** 32)) <= event["uid"])


class Case:
    """One case at one server: the program, the mails, what was told."""

    def __init__(self, program, server, name, mailboxes, expected, port=None, more=""):
        self.program, self.server, self.name = program, server, name
        self.directory = tempfile.mkdtemp(prefix=f"servers-{server.name}-")
        os.chmod(self.directory, 0o700)
        self.log = open(f"{self.directory}/wire", "w", encoding="utf-8", buffering=1)
        self.proxy = Proxy(port or server.port, self.log)
        self.proxy.start()
        self.told, self.delivered, self.box = {}, {}, {}
        self.phases = {}
        self.number = 0
        self.note = ""
        listed = ", ".join(toml(name) for name in mailboxes)
        with open(f"{self.directory}/config.toml", "w", encoding="utf-8") as out:
            out.write(f'[timers]\n{TIMERS}\n[[account]]\nname = "a"\nhost = "127.0.0.1"\nport = {self.proxy.port}\n'
                      f'tls = "off"\nuser = "{server.user}"\npassword_command = ["echo", "{server.password}"]\n'
                      f'mailboxes = [{listed}]\n{more}\n')
        began = time.monotonic()
        self.start()
        self.stand(expected)
        self.stood = time.monotonic() - began

    def start(self):
        self.phases = {}
        self.child = subprocess.Popen(
            [self.program, "--config", f"{self.directory}/config.toml", "--state-dir", f"{self.directory}/state", "watch",
             "--json"], stdout=subprocess.PIPE, stderr=open(f"{self.directory}/log", "ab"), text=True, encoding="utf-8")
        self.reader = threading.Thread(target=self.read, args=(self.child,), daemon=True)
        self.reader.start()

    def read(self, child):
        for line in child.stdout:
            event = json.loads(line)
            with open(f"{self.directory}/events", "a", encoding="utf-8") as out:
                out.write(line)
            if event["kind"] == "new_mail":
                self.told.setdefault(event["subject"], []).append((time.time(), event))
            elif event["kind"] == "phase":
                self.phases[event["mailbox"]] = event["to"]

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(20)
        self.reader.join(5)

    def until(self, holds, patience=PATIENCE):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if holds():
                return True
            time.sleep(0.05)
        return False

    def stand(self, names):
        stand = lambda: all(self.phases.get(name) in ("idling", "polling") for name in names)
        if not self.until(stand):
            self.note += f" not watched: {[name for name in names if self.phases.get(name) not in ('idling', 'polling')]}"

    def deliver(self, *boxes):
        for box in boxes:
            self.number += 1
            subject = f"{self.server.name} {self.name} {self.number}"
            text = (f"From: Ann <ann@x.example>\r\nSubject: {subject}\r\n"
                    f"Message-ID: <{time.time_ns()}.{self.number}@servers.example>\r\n\r\nx\r\n")
            with self.server.login() as imap:
                self.box[subject] = box
                before = time.time()
                status, why = imap.append(quoted(box), None, None, text.encode())
                assert status == "OK", (self.server.name, box, why)
                self.delivered[subject] = before

    def all_told(self, patience=PATIENCE):
        return self.until(lambda: all(subject in self.told for subject in self.delivered), patience)

    def finish(self, box, expected):
        """Waits for all mail, then delivers one while the program is off; what is told from then on is told twice."""
        self.all_told()
        time.sleep(2)
        self.stop()
        self.deliver(box)
        self.off = f"{self.server.name} {self.name} {self.number}"
        self.start()
        self.all_told()
        self.stand(expected)
        time.sleep(3)
        self.stop()
        self.proxy.listener.close()
        return self.row()

    def row(self):
        missed = [subject for subject in self.delivered if subject not in self.told]
        twice = [subject for subject, times in self.told.items() if len(times) > 1]
        stray = [subject for subject in self.told if subject not in self.delivered]
        afters, servers = [], []
        for subject, delivered in self.delivered.items():
            if subject in missed:
                continue
            names = {self.box[subject], utf7(self.box[subject])}
            told, event = self.told[subject][0]
            said = [when for when, box, text in self.proxy.said
                    if when >= delivered and box in names and shows(text, event)]
            first = min(said, default=delivered)
            afters.append((told - first, subject))
            if subject != self.off:
                servers.append(first - delivered)
        worst = max(afters, default=(0, ""))
        good = not (missed or twice or stray or self.note) and worst[0] <= WITHIN
        if worst[0] > WITHIN:
            self.note += f" late: {[(round(late, 1), subject) for late, subject in afters if late > WITHIN][:5]}"
        for what, which in (("missed", missed), ("twice", twice), ("stray", stray)):
            if which:
                self.note += f" {what}: {which[:5]}"
        return {"server": self.server.name, "case": self.name, "mails": len(self.delivered), "missed": len(missed),
                "twice": len(twice) + len(stray), "program": worst[0], "server_says": max(servers, default=0),
                "stood": self.stood, "connections": self.proxy.most, "good": good,
                "note": (self.note + f" ({self.directory})").strip() if not good else ""}


def made_anew(program, server):
    box = f"{server.prefix}sv-anew"
    server.do(("CREATE", box))
    case = Case(program, server, "made anew", ["INBOX", box], ["INBOX", box])
    case.deliver(box, box)
    case.all_told()
    for pause in (0, 3, 0):
        server.do(("DELETE", box), ("CREATE", box))
        time.sleep(pause)
        case.deliver(box)
        time.sleep(3)
        case.deliver(box, "INBOX")
        case.all_told()
    return case.finish(box, [box])


def renamed(program, server):
    one, two, three = (f"{server.prefix}sv-name-{n}" for n in ("one", "two", "three"))
    server.do(("CREATE", one))
    case = Case(program, server, "renamed", ["INBOX", f"{server.prefix}sv-name-*"], ["INBOX", one])
    case.deliver(one, one)
    case.all_told()
    server.do(("RENAME", one, two))
    case.deliver(two)
    case.all_told()
    server.do(("CREATE", one))
    case.deliver(one)
    case.all_told()
    server.do(("RENAME", two, three))
    case.stand([three])
    case.deliver(three, one)
    return case.finish(three, [one, three])


def wildcard(program, server):
    old, *new = (f"{server.prefix}sv-wild-{n}" for n in range(4))
    server.do(("CREATE", old))
    case = Case(program, server, "wildcard", ["INBOX", f"{server.prefix}sv-wild-*"], ["INBOX", old])
    for box in new:
        server.do(("CREATE", box))
        case.deliver(box)
        time.sleep(2)
        case.deliver(box, old)
    case.stand(new)
    case.deliver(*new)
    return case.finish(new[-1], [old, *new])


def shared(program, server):
    boxes = ["INBOX", *(f"{server.prefix}sv-shared-{n}" for n in range(11))]
    server.do(*(("CREATE", box) for box in boxes[1:]))
    case = Case(program, server, "12 on 3", boxes, boxes, more="max_connections = 3")
    for _ in range(2):
        for box in random.sample(boxes, len(boxes)):
            case.deliver(box)
            time.sleep(random.uniform(0, 1.5))
        case.all_told()
    return case.finish(boxes[-1], boxes)


def odd_names(program, server):
    boxes = []
    for odd in ODD:
        box = f"{server.prefix}sv-odd-{odd}"
        try:
            server.do(("CREATE", box))
            boxes.append(box)
        except RuntimeError:
            pass
    named = [box for box in boxes if not set("*%") & set(box)]
    # Half are named, the rest are met by the wildcard, which takes in all.
    case = Case(program, server, f"{len(boxes)} odd names", [*named[::2], f"{server.prefix}sv-odd-*"], boxes)
    for box in boxes:
        case.deliver(box)
        time.sleep(0.3)
    case.all_told()
    case.deliver(*boxes)
    return case.finish(boxes[0], boxes)


def limited(program, server):
    if not server.limited:
        return None
    boxes = ["INBOX", *(f"{server.prefix}sv-limit-{n}" for n in range(5))]
    server.do(*(("CREATE", box) for box in boxes[1:]))
    case = Case(program, server, "limit of 2", boxes, boxes, port=server.limited)
    for _ in range(2):
        for box in random.sample(boxes, len(boxes)):
            case.deliver(box)
            time.sleep(random.uniform(1, 3))
        case.all_told()
    return case.finish(boxes[-1], boxes)


CASES = {"anew": made_anew, "renamed": renamed, "wildcard": wildcard, "shared": shared, "names": odd_names, "limit": limited}
HEAD = f"{'server':9} {'case':14} {'mails':>5} {'missed':>6} {'twice':>5} {'told after':>10} {'server says':>11} {'stands':>7} {'conns':>5}"


def line(row):
    return (f"{row['server']:9} {row['case']:14} {row['mails']:5} {row['missed']:6} {row['twice']:5} {row['program']:8.2f} s"
            f" {row['server_says']:9.2f} s {row['stood']:5.1f} s {row['connections']:5}  {'' if row['good'] else 'NOT GOOD '}{row['note']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("servers", nargs="+")
    parser.add_argument("--only", action="append", choices=CASES)
    arguments = parser.parse_args()
    servers = [Server(text) for text in arguments.servers]
    rows, lock = [], threading.Lock()

    def run(server):
        for case in arguments.only or CASES:
            row = None
            try:
                row = CASES[case](os.path.abspath(arguments.program), server)
            except Exception as error:
                row = {"server": server.name, "case": case, "mails": 0, "missed": 0, "twice": 0, "program": 0, "server_says": 0,
                       "stood": 0, "connections": 0, "good": False, "note": repr(error)}
            if row:
                with lock:
                    rows.append(row)
                    print(line(row), flush=True)

    print(HEAD, flush=True)
    threads = [threading.Thread(target=run, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n" + HEAD)
    for row in sorted(rows, key=lambda row: (row["server"], list(row.values())[1])):
        print(line(row))
    print("\ntold after: from the server's first word of a mail to its event, the longest. server says: from its delivery to that "
          "word, the longest. stands: until all mailboxes were watched. conns: the most at once.")
    sys.exit(not all(row["good"] for row in rows))


main()
