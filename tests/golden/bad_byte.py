#!/usr/bin/env python3
"""A long export with one bad byte in the middle: one line that says where, exit status 2, nothing logged, and no more memory than
without the fault. Arguments: the program, the number of lines.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, lines = str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2])
NOW = ("--now", "2026-11-24T08:00:00Z")
AT_MOST = 1.05  # of the memory without the fault


def line_of(number):
    return ('{"Operation":"DescribeImagePermission","Request":{"ImageId":"img-%08d","RegionId":"cn-a"},"AccountId":"1","RegionId":"cn-a",'
            '"ExportedAt":"2026-11-20T08:00:00Z","Response":{"RequestId":"0A5F3A5B-%08d","AliUids":["%d"]}}\n' % (number, number, number)).encode()


def write(path, bad_line):
    """The place of the bad byte in its line, from 0."""
    images = b",".join(b'{"ImageId":"img-%08d","ImageType":"User","AliUid":1}' % n for n in range(10))
    with open(path, "wb") as out:
        out.write(b'{"Operation":"ListImage","Request":{},"AccountId":"1","ExportedAt":"2026-11-20T08:00:00Z","Response":{"Count":10,"Data":[%b]}}\n' % images)
        for number in range(2, lines + 1):
            line = line_of(number)
            if number == bad_line:
                at = line.index(b"img-") + 2
                line = line[:at] + b"\xff" + line[at + 1:]
            out.write(line)
    return at if bad_line else None


def run(folder, *arguments):
    """Exit status, standard output and error, and the most memory that it had, in KiB."""
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        child = subprocess.Popen([program, *arguments], cwd=folder, stdout=out, stderr=err, env={"HOME": str(folder), "LC_ALL": "C.UTF-8"})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, (folder / "out").read_bytes(), (folder / "err").read_text(), usage.ru_maxrss


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check = ("check", "--all", "--as", "root", *NOW, "--inventory", "all.ndjson")
        log = ("--audit-log", "log.db")
        write(folder / "all.ndjson", None)
        status, out, err, memory = run(folder, *check, *log)
        assert status in (0, 1, 3) and out.count(b"img-") >= 10, (status, out[:500], err)
        before = (folder / "log.db").read_bytes(), run(folder, "audit", "list", *log, "--format", "ndjson")[1]

        middle = lines // 2
        at = write(folder / "all.ndjson", middle)
        for where in (log, ("--audit-log", "new.db")):
            status, out, err, bad_memory = run(folder, *check, *where)
            assert status == 2 and out == b"", (status, out[:500])
            # FILE:LINE:COLUMN, both from 1; a column counts bytes.
            place = re.fullmatch(r"imagewarden: all\.ndjson:(\d+):(\d+) [^\n]+\n", err)
            assert place, f"not one line with the place: {err!r}"
            # A string is named by the place of its first wrong byte.
            assert (int(place[1]), int(place[2])) == (middle, at + 1), (err, middle, at)
            assert bad_memory <= memory * AT_MOST, f"{bad_memory} KiB, without the fault {memory} KiB"
        assert not list(folder.glob("new.db*")), "a log was made"
        assert before == ((folder / "log.db").read_bytes(), run(folder, "audit", "list", *log, "--format", "ndjson")[1]), "the log was changed"
        print(f"{lines} lines: {err.strip()}; {bad_memory} KiB, without the fault {memory} KiB")


if __name__ == "__main__":
    main()
