"""A page in headless Chromium, driven by its DevTools protocol over two pipes."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)

VIDEO_STATE = """[document.visibilityState, document.hasFocus(), document.activeElement.tagName,
    ...[...document.querySelectorAll('video')].map((v) => ['paused', 'ended', 'seeking', 'currentTime', 'readyState',
    'networkState'].map((name) => name + ' ' + v[name]).join(', '))].join('; ')"""  # for messages of failures


class Browser:
    """One browser with one page. `said` has what it logged as errors, `requests` the addresses that it asked for."""

    def __init__(self, profile):
        (read_commands, self._write), (self._read, write_answers) = os.pipe(), os.pipe()

        def hand_over():  # the browser reads commands from 3 and answers on 4
            os.dup2(read_commands, 13), os.dup2(write_answers, 14)
            os.dup2(13, 3), os.dup2(14, 4)

        self._process = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
             # A page that the browser takes for hidden would stop its video.
             "--disable-background-media-suspend", "--disable-backgrounding-occluded-windows",
             "--disable-renderer-backgrounding", "--autoplay-policy=no-user-gesture-required",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "--window-size=1280,1400", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=hand_over, close_fds=False)
        os.close(read_commands), os.close(write_answers)
        self._rest, self._number, self._session = b"", 0, None
        self.said, self.requests, self._loaded = [], [], 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.bringToFront")

    def close(self):
        self._session = None
        self.call("Browser.close")
        self._process.wait(timeout=20)
        os.close(self._write), os.close(self._read)

    def call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _next(self, seconds=20):
        """The next message; events are noted on the way."""
        until = time.monotonic() + seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has ended"
            self._rest += got
        text, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(text)
        method, about = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.said.append(about["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.said.append(about["args"])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.said.append(about["entry"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded += 1
        return message

    def open(self, path):
        before = self._loaded
        self.call("Page.navigate", url=path.absolute().as_uri())
        while self._loaded == before:
            self._next()

    def run(self, script):
        """The value of an expression in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script, seconds=10):
        until = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < until, (f"never true: {script}", self.run(VIDEO_STATE))
            time.sleep(0.02)

    def click(self, selector, share=0.5):
        """Clicks an element, at a share of its width."""
        box = self.run(f"(() => {{ const b = document.querySelector({json.dumps(selector)}); b.scrollIntoView("
                       "{block: 'nearest'}); return b.getBoundingClientRect().toJSON(); })()")
        place = {"x": box["x"] + box["width"] * share, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", buttons=int(kind == "mousePressed"),
                      clickCount=1, **place)

    def key(self, key, code=None, **more):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, **more)

    def dark(self, is_dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def screenshot(self):
        """PNG bytes of what is in view."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
