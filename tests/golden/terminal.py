#!/usr/bin/env python3
"""What a terminal makes of the program: completions in bash, zsh and fish, manual pages through mandoc and man, tables that keep to
the width. A shell or formatter that is not installed is named and left out; bash is there.

Arguments: the program, the source tree.
"""
import fcntl
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def stop(text):
    print(text)
    sys.exit(1)


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0 or done.stderr:
        stop(f"{command}: exit {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


BASH = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _imagewarden; printf "%s\\n" "${COMPREPLY[@]}"'
ZSH = """compdef() { : }
source $1
_describe() { print -l -- ${(P)@[-1]} }
_files() { print -l -- ./* }
_message() { : }
compset() { PREFIX=${PREFIX#*=} }
compadd() { shift; print -l -- $@ }
shift
words=("$@"); CURRENT=$#; PREFIX=$words[-1]
_imagewarden"""


def bash(script, words):
    # Readline takes `--format=js` for three words.
    split = [part for word in words for part in (word.partition("=") if word.startswith("--") and "=" in word else (word,))]
    while split and split[-1] == "" and words[-1] != "" and len(split) > 1:
        split.pop()
    return output("bash", "-c", BASH, "_", script, *split).split("\n")


def zsh(script, words):
    offered = [line.split(":")[0] for line in output("zsh", "-f", "-c", ZSH, "_", script, *words).split("\n")]
    last = words[-1].split("=")[-1]
    return [word.removeprefix("./") for word in offered if word.removeprefix("./").startswith(last)]


def fish(script, words):
    offered = output("fish", "--no-config", "-c", f'source {script}; complete -C "{" ".join(words)}"').split("\n")
    return [line.split("\t")[0].split("=")[-1] for line in offered]


# What was typed, what has to be offered, what must not be.
CASES = (
    (["imagewarden", ""], {"check", "explain", "audit", "policy", "completion"}, {"list", "who-can"}),
    (["imagewarden", "che"], {"check"}, {"audit"}),
    (["imagewarden", "audit", ""], {"list", "verify", "rotate"}, {"check", "lint"}),
    (["imagewarden", "policy", "wh"], {"who-can"}, {"diff"}),
    (["imagewarden", "--inventory", "x", "audit", "ver"], {"verify"}, {"rotate"}),
    (["imagewarden", "audit", "list", "--s"], {"--since", "--skip-bad-files"}, {"--strict", "--session-policy"}),
    (["imagewarden", "check", "--st"], {"--strict"}, {"--since"}),
    (["imagewarden", "check", "--format", ""], {"table", "json", "ndjson", "csv"}, {"oscal", "sarif"}),
    (["imagewarden", "audit", "export", "--format", "o"], {"ocsf", "oscal"}, {"table"}),
    (["imagewarden", "check", "--color=al"], {"always"}, {"auto", "table"}),
    (["imagewarden", "check", "--as", ""], set(), {"check", "a-file"}),
    (["imagewarden", "check", "--ids-from", "a-"], {"a-file"}, {"check"}),
    (["imagewarden", "rules", "validate", "a-"], {"a-file"}, {"show"}),
    (["imagewarden", "completion", ""], {"bash", "zsh", "fish"}, {"check"}),
    (["imagewarden", "man", "pol"], {"policy"}, {"check"}),
)


def completions(folder):
    (folder / "a-file").write_text("")
    tested = []
    for name, complete in (("bash", bash), ("zsh", zsh), ("fish", fish)):
        script = folder / f"completion.{name}"
        script.write_text(output(program, "completion", name))
        if not shutil.which(name):
            print(f"{name} is not installed, its completion is not tested")
            continue
        output(name, "-n", script)
        os.chdir(folder)
        for words, wanted, unwanted in CASES:
            offered = {word.strip() for word in complete(str(script), words)}
            if not wanted <= offered or unwanted & offered:
                stop(f"{name}: {words} offers {sorted(offered)}, expected {sorted(wanted)} and none of {sorted(unwanted)}")
        tested.append(name)
    if "zsh" in tested:
        load = 'autoload -U compinit; compinit -D; source $1; print -- $_comps[imagewarden]'
        assert output("zsh", "-f", "-c", load, "_", folder / "completion.zsh").strip() == "_imagewarden"
    return tested


def manual_pages(folder):
    pages = folder / "man1"
    pages.mkdir()
    output(program, "man", "--output", pages)
    names = {path.name for path in pages.iterdir()}
    verbs = {line.split("  ")[1] for line in output(program, "--help").partition("verbs:\n")[2].partition("\n\n")[0].split("\n")}
    wanted = {"imagewarden.1", *(f"imagewarden-{verb.replace(' ', '-')}.1" for verb in verbs)}
    if names != wanted:
        stop(f"manual pages: {sorted(names ^ wanted)} are missing or too many")
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *sorted(pages.iterdir())], capture_output=True, text=True, check=False)
        # The pages carry no date: the same version gives the same bytes.
        complaints = [line for line in (done.stdout + done.stderr).split("\n") if line and "missing date" not in line]
        if complaints:
            stop("\n".join(complaints))
    else:
        print("mandoc is not installed, the pages are not checked with it")
    if shutil.which("groff"):
        for page in sorted(pages.iterdir()):
            shown = re.sub(".\b", "", output("groff", "-man", "-Tascii", "-ww", page))  # bold is struck twice
            if page.name == "imagewarden-audit-verify.1" and ("--vkey" not in shown or "exit" not in shown.lower()):
                stop(f"{page.name} lacks its options")
    assert output(program, "man", "audit", "verify") == (pages / "imagewarden-audit-verify.1").read_text()
    return len(names)


def shown_width(line):
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)
    return wide


def on_terminal(columns, *arguments, **environment):
    """What the program writes to a terminal of this width."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(environment)
        os.execv(program, [program, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    text = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.waitpid(child, 0)
    return text.decode().replace("\r\n", "\n")


def tables():
    os.environ.pop("COLUMNS", None)
    os.environ["NO_COLOR"] = "1"
    question = ("check", "--all", "--as", "user/alice", "--inventory", str(root / "examples/acme"), "--no-audit", "--now",
                "2026-11-24T08:00:00Z")
    full = subprocess.run([program, *question], capture_output=True, text=True, check=False).stdout
    words = sorted(full.partition("\n\n")[0].split())
    # The width is set before the child looks only with COLUMNS for sure; the ioctl races with its start.
    narrow = on_terminal(80, *question, COLUMNS="130")
    table = narrow.partition("\n\n")[0]
    widest = max(shown_width(line) for line in table.split("\n"))
    if not 100 < widest <= 130:
        stop(f"a table on 130 columns is {widest} wide")
    for image in (line.split()[2] for line in full.split("\n")[1:] if line.startswith(("allow", "deny"))):
        if image not in table:
            stop(f"{image} was broken or left out")
    if sorted("".join(table.split())) != sorted("".join("".join(words).split())):
        stop("the narrow table does not say what the wide one says")
    if max(shown_width(line) for line in full.split("\n")) <= 130 or "\x1b" in narrow:
        stop("the full table is no wider, or NO_COLOR does not hold")


with tempfile.TemporaryDirectory() as name:
    here = pathlib.Path(name)
    shells = completions(here)
    count = manual_pages(here)
    os.chdir(root)
    tables()
    print(f"{', '.join(shells)}; {count} manual pages; tables")
