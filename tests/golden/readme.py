#!/usr/bin/env python3
"""Runs the commands of README's console blocks and compares their output to the letter.

Arguments: the program, README.md. A block starts with ```console; a line that starts with `$ imagewarden` is a command, the lines
up to the next command are its whole output. With UPDATE_GOLDEN set the README is rewritten. Commands run in one temporary folder
that sees the repository's examples/; digests, record times and keys are compared as X.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

program, readme_path = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def blank(text):
    text = re.sub(r"\b[0-9a-f]{64}\b", "X", text)
    text = re.sub(r"(?m)^(vkey \S+?)\+.*$", r"\1", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "T", text)


def run(line, folder):
    words = shlex.split(line)
    assert words[0] == "imagewarden", line
    done = subprocess.run([program] + words[1:], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


text = readme_path.read_text(encoding="utf-8")
failed = 0
commands = 0
parts = re.split(r"(```console\n.*?```)", text, flags=re.S)
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "examples").symlink_to(readme_path.parent / "examples")
    for index, part in enumerate(parts):
        if not part.startswith("```console\n"):
            continue
        body = part[len("```console\n"):-len("```")]
        pieces = re.split(r"(?m)^(\$ imagewarden .*)\n", body)
        if pieces[0].strip():
            continue  # a block of other commands
        made = ""
        for command, output in zip(pieces[1::2], pieces[2::2]):
            commands += 1
            found = run(command[2:], folder)
            made += command + "\n" + found
            if not os.environ.get("UPDATE_GOLDEN") and blank(found.strip()) != blank(output.strip()):
                failed += 1
                print(f"{command}\n--- README\n{output}\n--- program\n{found}")
        parts[index] = "```console\n" + made + "```"
if os.environ.get("UPDATE_GOLDEN"):
    readme_path.write_text("".join(parts), encoding="utf-8")
print(f"{commands} commands, {failed} differ")
sys.exit(1 if failed or commands == 0 else 0)
