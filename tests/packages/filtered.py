#!/usr/bin/python3
"""Runs a command with the system calls that packaging/hachok.service leaves it: filtered.py COMMAND…

Needs python3-seccomp and systemd-analyze of Debian."""

import os
import pathlib
import subprocess
import sys

import seccomp

UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging/hachok.service"


def calls(group):
    printed = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True, capture_output=True, text=True).stdout
    names = [line.strip() for line in printed.splitlines()[1:]]
    found = set()
    for name in (name for name in names if name and not name.startswith("#")):
        found |= calls(name) if name.startswith("@") else {name}
    return found


# What systemd needs to start a program, it always allows.
allowed = calls("@default")
for line in UNIT.read_text().splitlines():
    name, _, groups = line.partition("=")
    if name == "SystemCallFilter":
        listed = set().union(*(calls(group) for group in groups.lstrip("~").split()))
        allowed = allowed - listed if groups.startswith("~") else allowed | listed
allowed |= calls("@default")
rules = seccomp.SyscallFilter(seccomp.ERRNO(1))
for call in allowed:
    try:
        rules.add_rule(seccomp.ALLOW, call)
    except (RuntimeError, OSError):
        pass  # a call of another processor
rules.load()
os.execvp(sys.argv[1], sys.argv[1:])
