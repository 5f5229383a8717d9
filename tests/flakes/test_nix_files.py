"""nix/: parsed by Nix, and evaluated with a stub where nixpkgs would be.

There is no nixpkgs here: that the package builds, and that NixOS takes the module, is not shown.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nixauth.channels import places
from tests.differential.programs import run
from tests.flakes.flake_world import FlakeWorld
from tests.support import openpgp
from tests.support.nix import Nix
from tests.unit.cli.places import ROOT

FILES = sorted((ROOT / "nix").glob("*.nix"))
STUB = ROOT / "tests/flakes/stub_lib.nix"
SYSTEM = "x86_64-linux"
CHANNEL = {
    "url": "https://h.example/r",
    "branch": "main",
    "introduction": "a" * 40,
    "signer": "B" * 40,
}
FULL = CHANNEL | {
    "keyring": ["refs/heads/keys", "refs/heads/more"],
    "authorizationsFile": "a/b",
    "historicalAuthorizations": "/etc/old",
    "historicalSha1": True,
    "require": "every-commit",
    "maxAge": "7d",
    "newestAuthentic": True,
    "revisionUrl": "https://h.example/git-revision",
}


def test_there_are_four_files() -> None:
    assert [file.name for file in FILES] == ["anycrc.nix", "flake.nix", "module.nix", "package.nix"]


@pytest.mark.parametrize("file", [*FILES, STUB], ids=lambda file: file.name)
def test_nix_parses_it(nix: Nix, file: Path) -> None:
    done = run(["nix-instantiate", "--parse", file], nix.environment)
    assert done.code == 0, done.err.decode()


def evaluated(nix: Nix, expression: str) -> Any:
    text = f"let stub = import {STUB}; pkgs = stub.pkgs {json.dumps(SYSTEM)}; in {expression}"
    done = nix.run("eval", "--impure", "--json", "--expr", text, check=False)
    if done.code:
        raise ValueError(done.err.decode())
    return json.loads(done.out)


# --- the package ---


def of_package(nix: Nix, what: str, without: str = "") -> Any:
    package = f"((pkgs [ {without} ]).callPackage {ROOT}/nix/package.nix {{ }})"
    return evaluated(nix, f"let package = {package}; in {what}")


def test_the_package_is_that_of_pyproject(nix: Nix) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = of_package(nix, "{ inherit (package.made) pname version meta pyproject doCheck; }")
    assert (found["pname"], found["version"]) == (project["name"], project["version"])
    assert found["meta"]["mainProgram"] in project["scripts"]
    assert found["meta"]["license"] == project["license"]
    assert (found["pyproject"], found["doCheck"]) == (True, False)


@pytest.mark.parametrize("without", ["", '"anycrc"'], ids=["there", "not there"])
def test_the_dependencies_are_those_of_pyproject(nix: Nix, without: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        re.split("[^A-Za-z0-9-]", one)[0].lower() for one in project["project"]["dependencies"]
    }
    names = of_package(nix, "map (one: one.name) package.made.dependencies", without)
    assert {name.removesuffix("-2.1.0") for name in names} == wanted
    assert ("anycrc-2.1.0" in names) == bool(without)
    built = of_package(nix, "map (one: one.name) package.made.build-system")
    assert built == [re.split("[^a-z]", one)[0] for one in project["build-system"]["requires"]]


def test_the_source_is_what_the_sdist_has(nix: Nix) -> None:
    source = Path(of_package(nix, '"${package.made.src}"'))
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())
    sdist = listed["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {path.name for path in source.iterdir()} == {*sdist, "pyproject.toml"}
    assert not list(source.rglob("__pycache__"))
    assert (source / "nixauth/cli/flake.py").read_bytes() == (
        ROOT / "nixauth/cli/flake.py"
    ).read_bytes()


def test_anycrc_has_a_version_that_pyproject_allows_and_a_hash(nix: Nix) -> None:
    found = evaluated(
        nix, f"((pkgs [ ]).python3Packages.callPackage {ROOT}/nix/anycrc.nix {{ }}).made.src.source"
    )
    assert re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", found["hash"])
    assert tuple(map(int, found["version"].split("."))) >= (2, 0)


# --- the module ---


def module(nix: Nix, settings: dict[str, Any], package: str = "/nowhere") -> Any:
    written = json.dumps(json.dumps(settings)).replace("${", "\\${")
    expression = (
        f"stub.evaluate (import {ROOT}/nix/module.nix) (pkgs [ ])"
        f" {{ services.nixauth = {{ package = {{ outPath = {json.dumps(package)}; }}; }}"
        f" // builtins.fromJSON {written}; }}"
    )
    return evaluated(nix, expression)


def test_disabled_it_does_nothing(nix: Nix) -> None:
    assert module(nix, {"channels": {"it": CHANNEL}}) is None


@pytest.mark.parametrize("given", [CHANNEL, FULL], ids=["few", "all"])
def test_the_file_of_channels_is_read_as_it_was_meant(
    nix: Nix, given: dict[str, Any], flake: FlakeWorld
) -> None:
    found = module(nix, {"enable": True, "channels": {"it": given}})
    assert found["environment"]["etc"].keys() == {"nixauth/channels.yaml"}
    file = flake.world.folder / "channels.yaml"
    file.write_text(found["environment"]["etc"]["nixauth/channels.yaml"]["text"])
    done = flake.world.nixauth("channel", "show", "it", "--config", file, "--format", "json")
    channel = json.loads(done.out)["channel"]
    assert channel["url"] == given["url"]
    assert channel["branch"] == given["branch"]
    assert channel["introduction"] == {"commit": "a" * 40, "signer": "B" * 40}
    assert channel["keyring"] == given.get("keyring", [])
    assert channel["authorizations_file"] == given.get("authorizationsFile")
    assert channel["historical_authorizations"] == given.get("historicalAuthorizations")
    assert channel["historical_sha1"] == given.get("historicalSha1", False)
    assert channel["require"] == given.get("require")
    assert channel["max_age"] == (7 * 86400 if "maxAge" in given else None)
    assert channel["newest_authentic"] == given.get("newestAuthentic", False)
    assert channel["revision_url"] == given.get("revisionUrl")


@pytest.mark.parametrize(
    "given",
    [
        {"introduction": "abc"},
        {"maxAge": "7"},
        {"require": "nothing"},
        {"historicalSha1": "yes"},
        {"unknown": 1},
        {"keyring": "refs/heads/keyring"},
    ],
    ids=str,
)
def test_options_have_types(nix: Nix, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"channels\.it"):
        module(nix, {"enable": True, "channels": {"it": CHANNEL | given}})


def assertions(nix: Nix, **more: Any) -> list[str]:
    found = module(nix, {"enable": True, "channels": {"it": CHANNEL}} | more)
    return [one["message"] for one in found["assertions"] if not one["assertion"]]


def test_what_is_asserted(nix: Nix) -> None:
    assert assertions(nix) == []
    assert assertions(nix, nixpkgs="it") == []
    assert len(assertions(nix, nixpkgs="other")) == 1
    assert len(assertions(nix, channels={})) == 1
    for name in ("a b", "-x", ".x", "a;b", "$x", "%i", "a/b", "é", ""):
        assert len(assertions(nix, channels={name: CHANNEL})) == 1, name


def test_the_upgrade_needs_the_update(nix: Nix) -> None:
    unit = module(nix, {"enable": True, "channels": {"it": CHANNEL}})["systemd"]["services"]
    assert unit.keys() == {"nixauth-update"}
    assert unit["nixauth-update"]["before"] == ["nixos-upgrade.service"]
    assert unit["nixauth-update"]["requiredBy"] == ["nixos-upgrade.service"]
    free = module(nix, {"enable": True, "channels": {"it": CHANNEL}, "gateUpgrade": False})
    assert free["systemd"]["services"]["nixauth-update"]["requiredBy"] == []
    assert free["systemd"]["services"]["nixauth-update"]["before"] == []


def test_the_path_of_nix(nix: Nix) -> None:
    settings = {"enable": True, "channels": {"it": CHANNEL}}
    assert "nixPath" not in module(nix, settings)["nix"]
    found = module(nix, settings | {"nixpkgs": "it"})["nix"]["nixPath"]
    assert found[0] == "nixpkgs=/var/lib/nixauth/links/it"


def unit_text(unit: dict[str, Any]) -> str:
    """Write a unit as NixOS does: a line for each member of a list, booleans as true and false."""

    def lines(values: dict[str, Any]) -> list[str]:
        return [
            f"{name}={str(one).lower() if isinstance(one, bool) else one}"
            for name, value in values.items()
            for one in (value if isinstance(value, list) else [value])
        ]

    first = {"Description": unit["description"], "Wants": unit["wants"], "After": unit["after"]}
    first["Before"] = unit["before"]
    service = dict(unit["serviceConfig"])
    service["Environment"] = [f'"{name}={value}"' for name, value in unit["environment"].items()]
    return "\n".join(["[Unit]", *lines(first), "[Service]", *lines(service), ""])


def test_systemd_takes_the_unit(nix: Nix, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # only who has systemd is asked what it thinks of the unit
    program = tmp_path / "package/bin/nixauth"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    settings = {"enable": True, "channels": {"it": CHANNEL, "other.one": CHANNEL}}
    found = module(nix, settings, str(tmp_path / "package"))
    unit = found["systemd"]["services"]["nixauth-update"]
    text = unit_text(unit)
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "nixauth-update.service").write_text(text)
    (folder / "nixos-upgrade.service").write_text(
        "[Unit]\nRequires=nixauth-update.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n"
    )
    for name in ("network-online.target", "sysinit.target", "basic.target", "shutdown.target"):
        (folder / name).write_text("[Unit]\nDescription=x\n")
    (folder / "system.slice").write_text("[Unit]\nDescription=x\n")

    def verify() -> tuple[int, str]:
        done = subprocess.run(
            [str(analyze), "verify", "--man=no", *sorted(map(str, folder.glob("*.service")))],
            capture_output=True,
            text=True,
            check=False,
            env={"SYSTEMD_UNIT_PATH": str(folder), "PATH": "/usr/bin:/bin"},
        )
        return done.returncode, done.stdout + done.stderr

    code, said = verify()
    assert "nixauth-update" not in said, said
    assert code == 0, said
    (folder / "nixauth-update.service").write_text(text.replace("oneshot", "oneshoot"))
    assert "oneshoot" in verify()[1]  # it would have said so


def test_what_the_unit_starts_updates_the_channel(
    nix: Nix, flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of the unit, with its environment, in other places."""
    world = flake.world
    given = {"url": world.url, "branch": "main", "introduction": world.a.hex()}
    given["signer"] = openpgp.key("alice").fingerprint
    found = module(nix, {"enable": True, "channels": {"it": given}})
    text = found["environment"]["etc"]["nixauth/channels.yaml"]["text"]
    places.SYSTEM.parent.mkdir(parents=True)
    places.SYSTEM.write_text(text)
    unit = found["systemd"]["services"]["nixauth-update"]
    (command,) = unit["serviceConfig"]["ExecStart"]
    state = world.folder / "var/lib"
    (state / "nixauth/links").mkdir(parents=True)
    words = command.replace("/var/lib", str(state)).split(" ")
    assert words[0] == "/nowhere/bin/nixauth"
    environment = {
        name: value.replace("/var", f"{world.folder}/var")
        for name, value in unit["environment"].items()
    }
    world.nixauth(*words[1:], **environment)
    link = state / "nixauth/links/it"
    assert link.is_symlink()
    assert (link / ".authorizations").is_file()
    before = link.resolve()
    world.publish({"refs/heads/main": world.commit(world.c, signer="mallory")})
    world.nixauth(*words[1:], **environment, code=1)
    assert link.resolve() == before
    world.server.rename(world.folder / "away")
    world.nixauth(*words[1:], **environment, code=3)
    assert link.resolve() == before


# --- the flake ---


@pytest.fixture
def checkout(tmp_path: Path, nix: Nix) -> Path:
    """A repository with what the flake needs of this one."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("nix", "nixauth"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".authorizations.example"):
        shutil.copyfile(ROOT / name, folder / name)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        run(["git", *words], nix.environment, cwd=folder, check=True)
    stub = tmp_path / "nixpkgs"
    stub.mkdir()
    shutil.copyfile(STUB, stub / "stub_lib.nix")
    (stub / "flake.nix").write_text(
        "{ outputs = _: let stub = import ./stub_lib.nix; in"
        " { legacyPackages = builtins.listToAttrs"
        " (map (name: { inherit name; value = stub.pkgs name [ ]; })"
        ' [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]); }; }\n'
    )
    return folder


def of_flake(nix: Nix, checkout: Path, *words: str) -> Any:
    more = ["--override-input", "nixpkgs", f"path:{checkout.parent / 'nixpkgs'}"]
    done = nix.run(*words, *more, "--no-write-lock-file", "--json", check=False)
    assert done.code == 0, done.err.decode()
    return json.loads(done.out)


def test_the_flake_has_a_package_an_app_and_a_module(nix: Nix, checkout: Path) -> None:
    url = f"git+file://{checkout}?dir=nix"
    shown = of_flake(nix, checkout, "flake", "show", url)
    assert shown["packages"].keys() == shown["apps"].keys()
    assert len(shown["packages"]) == 4
    for system in shown["packages"].values():
        assert system["default"]["name"] == system["nixauth"]["name"]
        assert system["nixauth"]["name"].startswith("nixauth-")
    for system in shown["apps"].values():
        assert system["default"]["type"] == system["nixauth"]["type"] == "app"
    assert shown["nixosModules"].keys() == {"default", "nixauth"}
    assert {one["type"] for one in shown["nixosModules"].values()} == {"nixos-module"}


def test_the_app_is_the_packages_program(nix: Nix, checkout: Path) -> None:
    url = f"git+file://{checkout}?dir=nix"
    package = of_flake(nix, checkout, "eval", f"{url}#packages.{SYSTEM}.default.outPath")
    program = of_flake(nix, checkout, "eval", f"{url}#apps.{SYSTEM}.default.program")
    assert program == f"{package}/bin/nixauth"


def test_the_hash_is_of_a_file_and_not_of_nothing() -> None:
    text = (ROOT / "nix/anycrc.nix").read_text()
    empty = hashlib.sha256(b"").digest()
    assert "sha256-AAAA" not in text
    assert empty.hex() not in text
