#!/usr/bin/env python3
"""A soak: mails are delivered all the time to several mailboxes of real servers, while sessions, servers and the watcher
are killed, stopped and cut off; in the end every mail must have been told, and once.

    soak.py PROGRAM MINUTES SERVER...

SERVER is NAME,PORT,USER,PASSWORD,PROCESS,PREFIX,START: a server on 127.0.0.1, the name of its sessions' processes, the
prefix of mailbox names, and the command that starts it in the foreground (it is killed and started again; empty: never).
"""

import collections
import imaplib
import json
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BOXES = 6


class Server:
    def __init__(self, text):
        self.name, port, self.user, self.password, self.process, self.prefix, self.start = text.split(",", 6)
        self.port = int(port)
        self.child = None
        self.up = threading.Event()
        self.boxes = ["INBOX"] + [f"{self.prefix}soak{n}" for n in range(1, BOXES)]

    def run(self):
        if self.start:
            self.child = subprocess.Popen(shlex.split(self.start), stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                self.up.set()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.name} does not come up")

    def login(self):
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        imap.login(self.user, self.password)
        return imap

    def sessions(self):
        """Of the server that was started here: others on this machine are left alone."""
        if not self.child:
            return []
        found = subprocess.run(["pgrep", "-x", "-s", str(self.child.pid), self.process], capture_output=True,
                               text=True).stdout.split()
        return [int(pid) for pid in found]


class Proxy(threading.Thread):
    """Between the watcher and a server: every connection can be cut off."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = set()
        self.connections = 0

    def run(self):
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            try:
                upstream = socket.create_connection(("127.0.0.1", self.server.port), 5)
            except OSError:
                client.close()
                continue
            self.pairs.add((client, upstream))
            for ends in ((client, upstream), (upstream, client)):
                threading.Thread(target=self.pump, args=ends, daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for pair in [pair for pair in self.pairs if source in pair]:
            self.pairs.discard(pair)
            for end in pair:
                end.close()

    def cut(self):
        for pair in list(self.pairs):
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Watcher(threading.Thread):
    def __init__(self, program, directory):
        super().__init__(daemon=True)
        self.program, self.directory = program, directory
        self.told = collections.Counter()
        self.kinds = collections.Counter()
        self.killed = 0
        self.stopping = False
        self.child = None
        self.rss, self.fds = [], []
        self.phases = {}

    def run(self):
        while not self.stopping:
            self.child = subprocess.Popen(
                [self.program, "--config", f"{self.directory}/config.toml", "--state-dir", f"{self.directory}/state",
                 "watch", "--json"], stdout=subprocess.PIPE, stderr=open(f"{self.directory}/log", "ab"), text=True)
            for line in self.child.stdout:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                self.kinds[event["kind"]] += 1
                if event["kind"] == "new_mail":
                    self.told[event["subject"]] += 1
                if event["kind"] == "phase":
                    self.phases[event["account"], event["mailbox"]] = event["to"]
                if event["kind"] in ("fault", "contradiction"):
                    with open(f"{self.directory}/faults", "a") as out:
                        out.write(line)
            self.child.wait()

    def measure(self):
        try:
            status = open(f"/proc/{self.child.pid}/status").read()
            self.rss.append(int(status.split("VmRSS:")[1].split()[0]))
            self.fds.append(len(os.listdir(f"/proc/{self.child.pid}/fd")))
        except (OSError, IndexError):
            pass


def main():
    program, minutes = sys.argv[1], float(sys.argv[2])
    servers = [Server(text) for text in sys.argv[3:]]
    directory = tempfile.mkdtemp(prefix="soak-")
    proxies = []
    config = ""
    for server in servers:
        server.run()
        imap = server.login()
        for box in server.boxes[1:]:
            imap.create(box)
        imap.logout()
        proxy = Proxy(server)
        proxy.start()
        proxies.append(proxy)
        os.chmod(directory, 0o700)
        config += f'''
[[account]]
name = "{server.name}"
host = "127.0.0.1"
port = {proxy.port}
tls = "off"
user = "{server.user}"
password_command = ["echo", "{server.password}"]
mailboxes = {json.dumps(server.boxes)}
timers = {{ reissue = "30s" }}
'''
    open(f"{directory}/config.toml", "w").write(config)
    watcher = Watcher(program, directory)
    watcher.start()
    for _ in range(600):
        if sum(phase == "idling" for phase in watcher.phases.values()) == BOXES * len(servers):
            break
        time.sleep(0.1)
    print("idling:", watcher.phases)
    delivered = collections.Counter()
    over = threading.Event()
    faults = collections.Counter()
    lock = threading.Lock()

    def deliver(server):
        imap, number = None, 0
        while not over.is_set():
            number += 1
            subject = f"{server.name} {number}"
            box = random.choice(server.boxes)
            text = f"From: Ann <ann@x.example>\r\nSubject: {subject}\r\nMessage-ID: <{number}@{server.name}.example>\r\n\r\nx\r\n"
            try:
                imap = imap or server.login()
                answer = imap.append(box, None, None, text.encode())
                if answer[0] == "OK":
                    with lock:
                        delivered[subject] += 1
            except Exception:
                # It may have been delivered or not: told or not, both are right.
                imap = None
                with lock:
                    delivered[subject] += 0
                time.sleep(0.3)
            over.wait(random.expovariate(2))

    def trouble():
        while not over.wait(random.uniform(2, 8)):
            server, proxy = random.choice(list(zip(servers, proxies)))
            what = random.choices(["session", "cut", "stop", "server", "watcher"], [6, 4, 3, 1, 1])[0]
            if what == "server" and not server.start:
                what = "cut"
            faults[what] += 1
            sessions = server.sessions()
            try:
                if what == "session" and sessions:
                    os.kill(random.choice(sessions), signal.SIGKILL)
                elif what == "cut":
                    proxy.cut()
                elif what == "stop" and sessions:
                    pid = random.choice(sessions)
                    os.kill(pid, signal.SIGSTOP)
                    threading.Timer(random.uniform(1, 20), lambda pid=pid: resume(pid)).start()
                elif what == "server":
                    os.killpg(server.child.pid, signal.SIGKILL)
                    for pid in server.sessions():
                        os.kill(pid, signal.SIGKILL)
                    server.child.wait()
                    time.sleep(random.uniform(0, 10))
                    server.run()
                elif what == "watcher":
                    watcher.killed += 1
                    watcher.child.kill()
            except ProcessLookupError:
                pass

    def resume(pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    threads = [threading.Thread(target=deliver, args=(server,)) for server in servers]
    threads.append(threading.Thread(target=trouble))
    for thread in threads:
        thread.start()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        time.sleep(5)
        watcher.measure()
    over.set()
    for thread in threads:
        thread.join()
    began = time.monotonic()
    missed = []
    while time.monotonic() - began < 150:
        missed = [subject for subject, count in delivered.items() if count and not watcher.told[subject]]
        if not missed and time.monotonic() - began > 20:
            break
        time.sleep(1)
    watcher.stopping = True
    watcher.child.terminate()
    watcher.join(10)
    for server in servers:
        if server.child:
            os.killpg(server.child.pid, signal.SIGTERM)
    twice = {subject: count for subject, count in watcher.told.items() if count > 1}
    print(json.dumps({
        "delivered": sum(delivered.values()), "told": len(watcher.told), "missed": missed[:20], "missed_count": len(missed),
        "twice": dict(list(twice.items())[:20]), "twice_count": len(twice), "watcher_kills": watcher.killed, "faults": faults,
        "last_told_after_s": round(time.monotonic() - began), "rss_kb": watcher.rss[::24], "fds": watcher.fds[::24],
        "kinds": watcher.kinds, "connections": [proxy.connections for proxy in proxies],
        "phases": {str(key): value for key, value in watcher.phases.items()}, "directory": directory}, indent=1))
    sys.exit(bool(missed))


main()
