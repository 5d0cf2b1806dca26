#!/usr/bin/env python3
"""The board in a line, for a bar that shows what a program prints; `bar.py done` ends every IDLE with DONE and issues it again.

A front end over the engine's socket (docs/protocol.md), with Python's standard library alone.
"""
import argparse, hashlib, json, os, pathlib, socket, struct, sys

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("command", nargs="?", choices=["done"])
options.add_argument("--state-dir", default=os.environ.get("XDG_STATE_HOME", "~/.local/state") + "/mailwatch-tui")
options = options.parse_args()


def connect(state):
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16] + ".sock"
    runtime = [os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}"]
    for path in [f"{dir}/mailwatch-tui/{name}" for dir in runtime if dir] + [f"{state}/run/status.sock"]:
        engine = socket.socket(socket.AF_UNIX)
        try:
            engine.connect(path)
        except OSError:
            continue
        if sys.platform == "linux":
            _, uid, _ = struct.unpack("3i", engine.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if uid != os.getuid():
                sys.exit(f"{path} is another user's")
        return engine
    sys.exit("no engine runs")


def send(**message):
    engine.sendall(json.dumps(message).encode() + b"\n")


def line():
    """`● 4 live  ✕ 1 down  2 new`, and what is wrong with the first that is down."""
    standings, marks = [watch["standing"] for watch in watches.values()], dict(live="●", busy="…", down="✕", paused="‖")
    parts = [f"{mark} {standings.count(name)} {name}" for name, mark in marks.items() if name in standings]
    parts.append(f"{sum(watch['counts']['new'] for watch in watches.values())} new")
    faults = [watch["fault"]["message"] for watch in watches.values() if watch["standing"] == "down" and watch["fault"]]
    return "  ".join(parts + faults[:1])


engine, watches = connect(pathlib.Path(options.state_dir).expanduser().resolve()), {}
send(type="hello", version=1, program="bar.py 1", role="bar")
send(type="command", id=1, command="done") if options.command else send(type="attach")
for message in map(json.loads, engine.makefile(encoding="utf-8", newline="\n")):
    if message["type"] in ("refused", "ended"):
        sys.exit(message["reason"])
    if message["type"] == "answer":
        sys.exit(0 if message["ok"] else message["text"])
    if message["type"] in ("board", "change"):
        known = {} if message["type"] == "board" else watches
        watches = known | {tuple(watch["watch"].values()): watch for watch in message.get("watches", [])}
        for watch in message.get("gone", []):
            watches.pop(tuple(watch.values()), None)
        print(line(), flush=True)
sys.exit("the engine has ended")
