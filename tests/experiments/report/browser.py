"""Opens a page in headless Chromium, over its debugging pipe: what is seen, logged and asked for.

As a script it takes pictures of a report, at desktop and phone width, light and dark:

    python tests/experiments/report/browser.py runs/portraits/report.html screenshots
"""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
WIDTHS = {"desktop": 1280, "phone": 390}
PATIENCE = 60  # seconds


def find_chromium():
    """The path of Chromium, or `None`."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Browser:
    """One Chromium and one page in it; its requests, logs and exceptions are collected."""

    def __init__(self, chromium, profile):
        commands_out, self._commands = os.pipe()
        self._answers, answers_in = os.pipe()
        commands_out, answers_in = _high(commands_out), _high(answers_in)
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        moved = f'exec "$@" 3<&{commands_out} 4>&{answers_in}'
        self.process = subprocess.Popen(
            ["bash", "-c", moved, "bash", chromium, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(commands_out, answers_in),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_out)
        os.close(answers_in)
        self.number, self.session, self._rest = 0, None, b""
        self.requests, self.errors, self.loaded = [], [], False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """Sends a command and returns its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        number = self.number
        while True:
            answer = self._next_message()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, address):
        """Opens a page and waits until it is loaded."""
        self.loaded = False
        self.ask("Page.navigate", url=address)
        while not self.loaded:
            self._next_message()

    def set_up(self, width, dark, height=900):
        """Sets the width of the screen, in CSS pixels, and the color scheme."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def screenshot(self):
        """The whole page as the bytes of a PNG."""
        answer = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def close(self):
        with contextlib.suppress(Exception):
            self.session = None
            self.ask("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def _next_message(self):
        ends = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            if not select.select([self._answers], [], [], max(0, ends - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium said nothing for {PATIENCE} seconds")
            read = os.read(self._answers, 1 << 20)
            if not read:
                raise RuntimeError("Chromium ended")
            self._rest += read
        text, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method, told):
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.errors.append(str(told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(told["exceptionDetails"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.errors.append(told["entry"]["text"])


def _high(number):
    """The same file under a descriptor above those that Chromium uses."""
    import fcntl

    moved = fcntl.fcntl(number, fcntl.F_DUPFD, 64)
    os.close(number)
    return moved


@contextlib.contextmanager
def browser():
    """A browser with a profile of its own, closed at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        opened = Browser(find_chromium(), profile)
        try:
            yield opened
        finally:
            opened.close()


def take_pictures(page, folder):
    """Pictures of a page at every width, light and dark; returns the browser's findings."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as opened:
        for name, width in WIDTHS.items():
            for scheme in ("light", "dark"):
                opened.set_up(width, dark=scheme == "dark")
                opened.open(Path(page).resolve().as_uri())
                (folder / f"{name}-{scheme}.png").write_bytes(opened.screenshot())
    return opened.requests, opened.errors


if __name__ == "__main__":
    if find_chromium() is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    requests, errors = take_pictures(*sys.argv[1:])
    outside = [address for address in requests if not address.startswith(("file:", "data:"))]
    sys.stdout.write(f"console errors: {errors or 'none'}\nrequests outside: {outside or 'none'}\n")
