#!/usr/bin/env python3
"""What the program does when it goes wrong, with default settings: the README's row beside other programs' rows.

    cargo build --profile dist && benches/field.py [target/dist/mailwatch-tui [CASE...]]

`watch --json` against `demo --serve` in another process, over TLS on loopback; for the cut link, over a cable between two
network namespaces (root, iproute2). Times are from the events' own `ts`; what came meanwhile is appended to the mailbox by a
client of its own and must be told exactly once. All cases run at once, seven minutes: reissue is 4 minutes by default.
"""

import datetime
import imaplib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

USER_PASSWORD = re.compile(r'user = "(.*)"\npassword_command = \["echo", "(.*)"\]')
HOOKS, BOXES = 30, 20
NEAR, FAR = "mailwatch-near", "mailwatch-far"
NEAR_IP, FAR_IP = "10.79.0.1", "10.79.0.2"


class Server:
    """A misbehaving server in another process, and the configuration that it prints."""

    def __init__(self, binary, scenario="healthy", boxes=1, prefix=()):
        line = [*prefix, binary, "demo", "--serve", "--scenario", scenario, "--mailboxes", str(boxes)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        config = []
        for line in self.process.stdout:
            if config or line.startswith("[[account]]"):
                config.append(line)
            if line.startswith("max_connections"):
                break
        self.config = "".join(config)
        self.port = int(re.search(r"port = (\d+)", self.config)[1])
        self.user, self.password = USER_PASSWORD.search(self.config).groups()
        self.context = ssl.create_default_context(cafile=re.search(r'ca_file = "(.*)"', self.config)[1])

    def client(self):
        client = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=self.context)
        # imaplib writes a literal in pieces: without this the last waits for a delayed acknowledgement, 40 ms.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(self.user, self.password)
        return client

    @staticmethod
    def append(client, subject):
        client.append("INBOX", None, None, f"From: Ann Lee <ann@example.org>\r\nSubject: {subject}\r\n\r\nHello\r\n".encode())

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


class Watch:
    """`watch --json` and what it has said."""

    def __init__(self, binary, config, home, prefix=()):
        self.events, self.news = [], threading.Condition()
        (home / "config.toml").write_text(config)
        line = [*prefix, binary, "watch", "--json", "--config", home / "config.toml", "--state-dir", home / "state"]
        log = open(home / "log", "w")
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=log, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()

    def wait(self, seconds, what, found, count=1):
        """The count-th event that is so."""
        deadline = time.monotonic() + seconds
        with self.news:
            while True:
                matching = [event for event in self.events if found(event)]
                if len(matching) >= count:
                    return matching[count - 1]
                if (left := deadline - time.monotonic()) <= 0 or self.process.poll() is not None:
                    sys.exit(f"not within {seconds} s: {what}; last: {self.events[-5:]}")
                self.news.wait(left)

    def idles(self, seconds, count=1):
        return self.wait(seconds, f"idling for the {count}th time", lambda e: e["kind"] == "phase" and e["to"] == "idling", count)

    def told(self, subject):
        return sum(1 for event in self.events if event["kind"] == "new_mail" and event["subject"] == subject)

    def memory(self, name="VmRSS"):
        """In MiB."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def at(event):
    return datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00")).timestamp()


def once(watch, subject, seconds=30):
    watch.wait(seconds, f"{subject} is told", lambda e: e["kind"] == "new_mail" and e["subject"] == subject)
    time.sleep(5)
    times = watch.told(subject)
    return "told once" if times == 1 else f"TOLD {times} TIMES"


def silent(binary, home):
    """The first connection answers nothing from its 10th second on; TCP stays open."""
    server = Server(binary, "silent=10s@1")
    watch = Watch(binary, server.config, home)
    first = at(watch.idles(20))
    client = server.client()
    time.sleep(60)
    server.append(client, "while silent")
    again = at(watch.idles(400, 2))
    done = at(watch.wait(1, "a DONE", lambda e: e["kind"] == "done_sent"))
    mail = once(watch, "while silent")
    watch.end(), server.end()
    return f"idles again {again - first - 10:.0f} s after the silence began, {again - done:.1f} s after DONE; its mail {mail}"


def ignored(binary, home):
    """A DONE on an IDLE of 30 s and more is ignored until new mail comes, on the first connection."""
    server = Server(binary, "ignores-done=30s@1")
    watch = Watch(binary, server.config, home)
    watch.idles(20)
    replaced = watch.wait(400, "replaced", lambda e: e["kind"] == "replaced")
    done = at(watch.wait(1, "a DONE", lambda e: e["kind"] == "done_sent"))
    verdict = watch.wait(1, "a stall", lambda e: e["kind"] == "stalled")["verdict"]
    server.append(server.client(), "afterwards")
    mail = once(watch, "afterwards")
    watch.end(), server.end()
    return f"idles again {at(replaced) - done:.1f} s after DONE, verdict {verdict}; the next mail {mail}"


def endless(binary, home):
    """A line that does not end, within the first connection's IDLE."""
    server = Server(binary, "endless-line@1")
    watch = Watch(binary, server.config, home)
    first = watch.idles(20)
    before = watch.memory()
    again = watch.idles(120, 2)
    time.sleep(10)
    server.append(server.client(), "after the line")
    mail = once(watch, "after the line")
    most = watch.memory("VmHWM")
    watch.end(), server.end()
    return f"idles again after {at(again) - at(first):.1f} s, memory {before:.1f} MiB, at most {most:.1f}; the next mail {mail}"


def hook(binary, home):
    """From before a mail is appended to the hook's own first act, which is to ask for the time."""
    server = Server(binary)
    ran = home / "ran"
    watch = Watch(binary, server.config + f"on_new_mail = ['sh', '-c', 'date +%s.%N >>{ran}']\n", home)
    watch.idles(20)
    client, sent, told = server.client(), [], []
    for number in range(HOOKS):
        time.sleep(3)
        sent.append(time.time())
        server.append(client, f"mail {number}")
        event = watch.wait(10, "the mail", lambda e: e["kind"] == "new_mail", number + 1)
        told.append(at(event) - sent[-1])
    time.sleep(3)
    times = [float(line) for line in ran.read_text().split()]
    assert len(times) == HOOKS, f"{len(times)} runs for {HOOKS} mails"
    took = [(run - mail) * 1000 for run, mail in zip(times, sent)]
    bare = []
    for _ in range(HOOKS):
        start = time.time()
        bare.append((float(subprocess.check_output(["sh", "-c", "date +%s.%N"])) - start) * 1000)
    watch.end(), server.end()
    return (f"new mail to hook: median {statistics.median(took):.1f} ms, {min(took):.1f} to {max(took):.1f}, "
            f"of which starting sh and date takes {statistics.median(bare):.1f} ms (median)")


def boxes(binary, home):
    """Twenty mailboxes, a connection each."""
    server = Server(binary, boxes=BOXES)
    config = re.sub(r"max_connections = \d+", "max_connections = 30", server.config)
    watch = Watch(binary, config, home)
    watch.idles(60, BOXES)
    time.sleep(30)
    memory = watch.memory()
    watch.end(), server.end()
    return f"{BOXES} mailboxes idle: {memory:.1f} MiB resident"


def relay(listen, port):
    """Bytes between the cable's far end and a server on that namespace's own loopback."""
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        sink.close()
    listener = socket.create_server((listen, port))
    print("listening", flush=True)
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(near, far), daemon=True).start()
        threading.Thread(target=pump, args=(far, near), daemon=True).start()


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def cut(binary, home):
    """For two minutes nothing that the server's machine sends comes through, acknowledgements included."""
    if os.geteuid() or not shutil.which("ip"):
        return "not measured: needs root and iproute2"
    hosts = pathlib.Path(f"/etc/netns/{NEAR}/hosts")
    try:
        ip("netns", "add", NEAR), ip("netns", "add", FAR)
        ip("-n", NEAR, "link", "add", "cable0", "type", "veth", "peer", "name", "cable0", "netns", FAR)
        for name, address in ((NEAR, NEAR_IP), (FAR, FAR_IP)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "cable0")
            ip("-n", name, "link", "set", "lo", "up"), ip("-n", name, "link", "set", "cable0", "up")
        hosts.parent.mkdir(parents=True, exist_ok=True)
        hosts.write_text(f"{FAR_IP} localhost\n")  # what the server's certificate says
        enter = lambda name: ("ip", "netns", "exec", name)
        server = Server(binary, prefix=enter(FAR))
        between = subprocess.Popen([*enter(FAR), sys.executable, __file__, "--relay", FAR_IP, str(server.port)], stdout=subprocess.PIPE)
        between.stdout.readline()
        watch = Watch(binary, server.config, home, prefix=enter(NEAR))
        watch.idles(20)
        time.sleep(20)
        ip("-n", FAR, "route", "add", "blackhole", f"{NEAR_IP}/32")
        gone = time.time()
        noticed = at(watch.wait(120, "it notices", lambda e: e["kind"] in ("fault", "stalled")))
        time.sleep(max(0, gone + 120 - time.time()))
        ip("-n", FAR, "route", "del", "blackhole", f"{NEAR_IP}/32")
        back = time.time()
        again = at(watch.idles(400, 2))
        watch.end(), server.end(), between.kill()
        return f"noticed after {noticed - gone:.0f} s; idles again {again - back:.0f} s after the link is back, cut for 120 s"
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)
        shutil.rmtree(hosts.parent, ignore_errors=True)


CASES = (silent, cut, ignored, endless, hook, boxes)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "target/dist/mailwatch-tui"
    binary = os.path.abspath(binary)
    results = {}

    def run(case):
        with tempfile.TemporaryDirectory() as home:
            results[case] = case(binary, pathlib.Path(home))
        print(f"{case.__name__:8} {results[case]}", flush=True)

    wanted = [case for case in CASES if not sys.argv[2:] or case.__name__ in sys.argv[2:]]
    threads = [threading.Thread(target=run, args=(case,)) for case in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(not wanted or len(results) != len(wanted))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--relay"]:
        relay(sys.argv[2], int(sys.argv[3]))
    else:
        main()
