"""A page in a browser: what it looks like, what it does, and what it asks others for."""

from __future__ import annotations

import base64
import json
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

    def picture(self, file: Path) -> bytes:
        """Save the whole page as a picture."""
        found = self.cdp("Page.captureScreenshot", captureBeyondViewport=True, format="png")
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
