"""A machine that follows the main branch of a served repository as a channel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.hooks.world import World
from tests.support import openpgp
from tests.unit.cli.places import Result

NAME = "it"
SRI = f"sha256-{'A' * 43}="
OTHER = "1" * 40


class Follower:
    """A world, a file of channels in it, and all that is made of the channel `it`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.box = world.box
        self.url = world.url
        self.place = self.box.folder / "home" / ".local/share/nixauth/channels" / NAME
        self.made = self.box.folder / "made"
        self.made.mkdir()
        # As forges have it; git alone serves without.
        world.git("config", "uploadpack.allowFilter", "true", at=world.server)
        (self.made / "sources.json").write_bytes(sources(self.url))
        (self.made / "flake.lock").write_bytes(lock(self.url))
        self.configure()

    def configure(self, **fields: object) -> None:
        """Write the file of channels; a field that is None is left out, a list is one of refs."""
        wanted: dict[str, object] = {
            "url": self.url,
            "branch": "main",
            "introduction": self.world.a.hex(),
            "signer": openpgp.key("alice").fingerprint,
        }
        wanted |= {name.replace("_", "-"): value for name, value in fields.items()}
        self.fields = {name: value for name, value in wanted.items() if value is not None}
        lines = ["version: 1", "channels:", f"  {NAME}:"]
        for name, value in self.fields.items():
            text = f"[{', '.join(value)}]" if isinstance(value, list) else value
            lines.append(f"    {name}: {text}")
        file = self.box.folder / "home/config/nixauth/channels.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([*lines, ""]))

    # --- what is done ---

    def update(self, *options: object, code: int = 0, **environment: str) -> Result:
        """Update the channel in this process."""
        return self.world.nixauth("channel", "update", NAME, *options, code=code, **environment)

    def document(self, *options: object, code: int = 0, **environment: str) -> dict[str, Any]:
        """Update the channel, and return what is printed of it as JSON."""
        done = self.update("--json", *options, code=code, **environment)
        (found,) = json.loads(done.out)["channels"]
        assert isinstance(found, dict)
        return found

    def gate(self, *command: object, options: Sequence[object] = (), **environment: str) -> Result:
        """Run a command behind the gate, in a process of its own."""
        return self.box.process("gate", NAME, *options, "--", *command, **environment)

    def refused(self, reason: str, *, code: int = 1) -> str:
        """Have both commands refuse; nothing changes, the reason is said. Return what is said."""
        before = self.state()
        done = self.update(*self.everywhere(), code=code)
        said = done.out + done.err
        assert reason in said, said
        assert self.state() == before
        ran = self.made / "ran"
        gated = self.gate("touch", ran)
        assert gated.code == {1: 121, 3: 123}[code], gated.err
        assert reason in gated.err
        assert "the command was not run" in gated.err
        assert "Traceback" not in said + gated.err
        assert gated.out == ""
        assert not ran.exists()
        assert self.state() == before
        return said

    def everywhere(self) -> list[object]:
        """Return the options that put the pin in every place there is."""
        made = self.made
        options: list[object] = ["--directory", made / "tree", "--tarball", made / "tree.tar.gz"]
        options += ["--write-npins", made / "sources.json"]
        return [*options, "--flake-input", "it", "--flake-lock", made / "flake.lock"]

    # --- what is there ---

    def pin(self, branch: str = "main") -> dict[str, Any]:
        """Return what is recorded."""
        found = json.loads((self.place / "pin.json").read_bytes())["pins"][branch]
        assert isinstance(found, dict)
        return found

    def at(self) -> bytes | None:
        """Return the commit that the pin is at, None where there is no pin."""
        if not (self.place / "pin.json").exists():
            return None
        return bytes.fromhex(self.pin()["rev"])

    def state(self) -> dict[str, bytes]:
        """Return the record, and everything that was put anywhere, byte for byte."""
        found = {}
        for path in [self.place / "pin.json", *sorted(self.made.rglob("*"))]:
            if path.is_symlink():
                found[str(path)] = str(path.readlink()).encode()
                found |= {str(p): contents(p) for p in sorted((path / "").rglob("*"))}
            elif path.is_file():
                found[str(path)] = path.read_bytes()
        return found

    def advance(self, **options: object) -> bytes:
        """Put a good commit on the server, and return it."""
        made = self.world.commit(self.world.c, **options)
        self.publish(made)
        return made

    def publish(self, commit: bytes | None, branch: str = "main") -> None:
        """Move the branch of the server."""
        self.world.publish({f"refs/heads/{branch}": commit})

    def goes_on(self) -> bytes:
        """A good update goes through, everywhere; return the commit."""
        return self.goes_on_from(self.world.c)

    def goes_on_from(self, commit: bytes) -> bytes:
        """A good update goes through, from a commit, everywhere; return the new one."""
        good = self.world.commit(commit, signer="bob")
        self.publish(good)
        done = self.update(*self.everywhere())
        assert f"authentic, updated to {good.hex()}" in done.out
        assert self.at() == good
        assert good.hex() in str((self.made / "tree").readlink())
        assert good.hex() in (self.made / "sources.json").read_text()
        assert good.hex() in (self.made / "flake.lock").read_text()
        assert self.gate("true").code == 0
        return good


def contents(path: Path) -> bytes:
    """Return a file's content, nothing for what is none."""
    return path.read_bytes() if path.is_file() else b""


def sources(url: str) -> bytes:
    """Return a sources.json with a pin of a URL, and another one."""
    pins = {
        name: {
            "type": "Git",
            "repository": {"type": "Git", "url": where},
            "branch": "main",
            "submodules": False,
            "revision": OTHER,
            "url": None,
            "hash": SRI,
        }
        for name, where in {"it": url, "other": "https://h.example/other.git"}.items()
    }
    return json.dumps({"pins": pins, "version": 7}, indent=2).encode() + b"\n"


def lock(url: str) -> bytes:
    """Return a flake.lock with an input of a URL, and another one."""

    def node(where: str) -> dict[str, object]:
        asked = {"type": "git", "url": where, "ref": "main"}
        there = {"lastModified": 1, "narHash": SRI, "rev": OTHER, "revCount": 1}
        return {"locked": {**asked, **there}, "original": asked}

    nodes: dict[str, object] = {"it": node(url), "other": node("https://h.example/other.git")}
    nodes["root"] = {"inputs": {"it": "it", "other": "other"}}
    return json.dumps({"nodes": nodes, "root": "root", "version": 7}, indent=2).encode() + b"\n"


# --- programs in the place of git ---


def wrapped_git(folder: Path, before: str = "", after: str = "") -> tuple[str, Path]:
    """Write a git that logs its arguments; return a PATH that begins with it, and the log.

    `before` and `after` are lines of Python that run around the real one, with `arguments`, `code`,
    and `calls`, how many there were before. What a server runs for us does not pass through it.
    """
    real = subprocess.run(["which", "git"], capture_output=True, check=True, text=True).stdout
    folder.mkdir()
    log = folder / "log"
    program = folder / "git"
    program.write_text(
        f"#!{sys.executable} -ISs\n"
        "import json, os, signal, subprocess, sys\n"
        f"log, real = {str(log)!r}, {real.strip()!r}\n"
        "arguments = sys.argv[1:]\n"
        "while arguments and arguments[0] == '-c':\n"
        "    arguments = arguments[2:]\n"
        "calls = len(open(log).readlines()) if os.path.exists(log) else 0\n"
        "with open(log, 'a') as out:\n"
        "    out.write(json.dumps(sys.argv[1:]) + '\\n')\n"
        f"{before}\n"
        "code = subprocess.run([real, *sys.argv[1:]]).returncode\n"
        f"{after}\n"
        "sys.exit(code)\n"
    )
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}", log


def logged(log: Path) -> list[list[str]]:
    """Return the commands that git was given, without its settings."""
    found = []
    for line in log.read_text().splitlines():
        words = json.loads(line)
        while words and words[0] == "-c":
            words = words[2:]
        found.append(words)
    return found


def killed(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    """Run a command that is to be killed on its way."""
    done = subprocess.run(
        command, env=dict(environment), cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done


# --- servers ---

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve HTTP on this machine; gives the URL, without a slash at its end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # clients that go away

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def http_backend(root: Path, *, most: int | None = None) -> Answer:
    """Answer as git's http-backend does for the repositories below a folder.

    Of what is longer than `most` bytes, only that much is sent.
    """

    def answer(request: BaseHTTPRequestHandler) -> None:
        path, _, query = request.path.partition("?")
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(root),
            "REQUEST_METHOD": request.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        request.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content if most is None else content[:most])
        request.close_connection = True

    return answer
