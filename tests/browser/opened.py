"""A page in a browser: what it looks like, what it does, and what it asks others for."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
WIDTHS = {"wide": 1100, "narrow": 390}
SCHEMES = ("light", "dark")


def programs() -> tuple[str, str] | None:
    """Return where the browser and its driver are, if they are."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    from selenium import webdriver  # noqa: PLC0415 - a hundred modules

    found = programs()
    assert found is not None
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=found[1])
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_script_timeout(120)
        driver.get("about:blank")
        yield Browser(driver)
    finally:
        driver.quit()


@dataclass
class Browser:
    """A running browser."""

    driver: Any

    def open(self, file: Path, width: str = "wide", scheme: str = "light") -> None:
        """Open a file afresh."""
        self.logs()
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTHS[width],
            height=900,
            deviceScaleFactor=1,
            mobile=width == "narrow",
        )
        self.look(scheme=scheme)
        self.driver.get(file.as_uri())

    def look(self, scheme: str = "light", motion: str = "reduce", media: str = "") -> None:
        """Say what the person at the browser prefers, and whether it is about to print."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.cdp("Emulation.setEmulatedMedia", features=features, media=media)

    def cdp(self, command: str, **arguments: object) -> Any:
        """Ask the browser itself."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def logs(self) -> tuple[list[str], list[str]]:
        """Return what the console said since the last time, and the addresses asked for.

        An address that the page's policy kept it from asking for is followed by ` (csp)`.
        """
        console = [entry["message"] for entry in self.driver.get_log("browser")]
        asked: dict[str, str] = {}
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            told = event["params"]
            match event["method"]:
                case "Network.requestWillBeSent":
                    asked[told["requestId"]] = told["request"]["url"]
                case "Network.webSocketCreated":
                    asked[told["requestId"]] = told["url"]
                case "Network.loadingFailed" if told.get("blockedReason") == "csp":
                    asked[told["requestId"]] += " (csp)"
        return console, list(asked.values())

    def picture(self, file: Path, most: int | None = None) -> bytes:
        """Save the page as a picture: all of it, or no more than so many pixels from the top."""
        width, height = self.run(
            "const all = document.documentElement; return [all.clientWidth, all.scrollHeight];"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most or height), "scale": 1}
        found = self.cdp(
            "Page.captureScreenshot", captureBeyondViewport=True, format="png", clip=clip
        )
        content = base64.b64decode(found["data"])
        file.write_bytes(content)
        return content

    def faults(self) -> list[str]:
        """Return what axe-core has against the page."""
        axe = files("axe_core_python") / "axe.min.js"
        self.run(axe.read_text("utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']})"
            ".then(done, (error) => done({error: `${error}`}));"
        )
        assert "error" not in found, found
        return [
            f"{fault['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]
