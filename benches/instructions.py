#!/usr/bin/env python3
"""Instructions that the protocol's work takes, counted by valgrind's callgrind: the same build takes the same number, whatever
else the machine does. Ends with 1 where one is above its bound.

    benches/instructions.py

Builds crates/proto/benches/instructions.rs as a package is built. Needs valgrind. A minute, and the build.
"""

import json
import os
import re
import subprocess
import sys

# What is done, how often in one run, and the instructions that one may take: a tenth more than was counted last.
BOUNDS = {
    "exists": ("a `* n EXISTS`, decoded", 1000, 2_025),
    "headers": ("a FETCH with a mail's headers, decoded", 1000, 8_850),
    "search": ("a UID of a SEARCH reply, decoded", 10_000, 1_045),
    "idle": ("an IDLE with a mail, from `+` to DONE's answer", 1000, 13_400),
}


def build():
    built = subprocess.run(
        ["cargo", "bench", "--locked", "--package", "mailwatch-proto", "--bench", "instructions", "--no-run",
         "--message-format", "json"], stdout=subprocess.PIPE, text=True, check=True,
        cwd=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    programs = [message["executable"] for message in messages
                if message.get("executable") and message["target"]["name"] == "instructions"]
    return programs[0]


def count(program, name):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(f"{name} ended with {run.returncode}:\n{run.stderr}")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def main():
    program = build()
    start = count(program, "nothing")
    above = False
    for name, (what, times, bound) in BOUNDS.items():
        each = (count(program, name) - start) / times
        above |= each > bound
        print(f"{each:10,.0f}  {what} (at most {bound:,}){'  TOO MANY' if each > bound else ''}", flush=True)
    sys.exit(above)


if __name__ == "__main__":
    main()
