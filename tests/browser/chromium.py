"""Chromium, driven over its DevTools pipe: one start for any number of pages. Standard library only."""
import json
import os
import select
import subprocess
import tempfile
import time

QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", "--window-size=1000,1400", "--remote-debugging-pipe")


class Browser:
    """Collects what pages asked of the network and were not refused (`requests`), and complained about (`complaints`)."""

    def __init__(self, program, seconds=60):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()

        def place_pipes():  # Chromium reads from descriptor 3 and writes to 4
            reader, writer = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen([program, *QUIET, f"--user-data-dir={self.profile.name}", "about:blank"], preexec_fn=place_pipes,
                                        pass_fds=(3, 4, theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.seconds, self.buffer, self.number, self.session = seconds, b"", 0, None
        self.asked, self.complaints = {}, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inp)
        self.profile.cleanup()

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.inp], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                raise RuntimeError("the browser is gone")
            self.buffer += piece
        text, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(text)

    def _note(self, message):
        method, what = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.asked[what["requestId"]] = what["request"]["url"]
        elif method == "Network.loadingFailed" and what.get("blockedReason") == "csp":
            self.asked.pop(what["requestId"], None)
        elif method == "Runtime.exceptionThrown" or method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(what))
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("warning", "error"):
            self.complaints.append(what["entry"]["text"])

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self.seconds
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    @property
    def requests(self):
        return set(self.asked.values())

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def open(self, path, done="true"):
        """Opens a file and waits until the expression `done` holds in it."""
        self.call("Page.navigate", url=f"file://{path}")
        deadline = time.monotonic() + self.seconds
        while self.evaluate(f"document.readyState === 'complete' && location.protocol === 'file:' && ({done})") is not True:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} does not get ready")
            time.sleep(0.005)
