#!/usr/bin/env python3
"""Runs the commands of a document's console blocks and compares their output to the letter.

Arguments: the program, the source tree, the document. A block starts with ```console; a line that starts with `$ ` is a command
for bash (with a here-document, or lines that end in a backslash, up to their end), the lines up to the next command are its
whole output. All commands of a document run in one folder that is empty but for examples/, with the program and scripts/ on the
PATH and nothing of the defaults of whoever runs the test. Digests, record times and keys are compared as X. A command that ends
with a status of 2 or above 3, also inside its last pipeline, fails the test: where that is meant, `echo` shows it. With UPDATE_GOLDEN set the document is rewritten.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, root, document = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])


def blank(text):
    text = re.sub(r"\b[0-9a-f]{64}\b", "X", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "X", text)
    text = re.sub(r"\+[0-9a-f]{8}(\+\S+)?", "+X", text)  # a key's hash, the key
    text = re.sub(r"\b[A-Za-z0-9+/]{43}=(?!=)", "X", text)  # a root hash
    text = re.sub(r"(— \S+ )\S+", r"\1X", text)  # a signature
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*Z", "T", text)


def commands_of(body):
    """[(command, output)], and what stands before the first command."""
    pieces, lines = [], body.split("\n")
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            if not pieces:
                if line:
                    sys.exit(f"{document.name}: a block that does not start with a command: {line}")
                continue
            pieces[-1][1].append(line)
            continue
        command = [line[2:]]
        while command[-1].endswith("\\"):
            command.append(lines.pop(0))
        mark = re.search(r"<<'(\w+)'", line)
        while mark and command[-1] != mark.group(1):
            command.append(lines.pop(0))
        pieces.append(("\n".join(command), []))
    return [(command, "\n".join(output)) for command, output in pieces]


# 141: the reader of a pipe, as `head`, had enough.
STATUSES = '\nfor status in "${PIPESTATUS[@]}"; do case $status in 0 | 1 | 3 | 141) ;; *) exit "$status" ;; esac; done'


def run(command, folder, environment):
    done = subprocess.run(["bash", "-c", command + STATUSES], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, umask=0o022, check=False)
    if done.returncode:
        sys.exit(f"{document.name}: `{command}`: exit {done.returncode}\n{done.stdout}")
    return done.stdout


text = document.read_text(encoding="utf-8")
failed = commands = 0
parts = re.split(r"(```console\n.*?```)", text, flags=re.S)
with tempfile.TemporaryDirectory() as temporary:
    folder, tools = pathlib.Path(temporary) / "tour", pathlib.Path(temporary) / "bin"
    folder.mkdir()
    tools.mkdir()
    (folder / "examples").symlink_to(root / "examples")
    (tools / "imagewarden").symlink_to(program)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("IMAGEWARDEN_") and name not in ("XDG_CONFIG_HOME", "COLUMNS")}
    environment.update(HOME=str(folder), PATH=f"{tools}:{root / 'scripts'}:{os.environ['PATH']}", checkout=str(root))
    for index, part in enumerate(parts):
        if not part.startswith("```console\n"):
            continue
        made = ""
        for command, output in commands_of(part[len("```console\n"):-len("```")]):
            commands += 1
            found = run(command, folder, environment)
            made += f"$ {command}\n{found}"
            if not os.environ.get("UPDATE_GOLDEN") and blank(found.strip()) != blank(output.strip()):
                failed += 1
                print(f"$ {command}\n--- {document.name}\n{output}\n--- program\n{found}")
        parts[index] = f"```console\n{made}```"
if os.environ.get("UPDATE_GOLDEN"):
    document.write_text("".join(parts), encoding="utf-8")
print(f"{document.name}: {commands} commands, {failed} differ")
sys.exit(1 if failed or commands == 0 else 0)
