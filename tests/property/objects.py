"""Turns an abstract question into git objects, a keyring and the options of the library."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tests.property.abstract import MALFORMED, Commit, File, Question
from tests.support import commits as git
from tests.support.openpgp import Binding, Key, key, rsa_key

PATH = ".authorizations"
SUBKEYS = {"alice": ("sub",), "bob": ("sub", "loose"), "forge": ("sub", "loose")}
X509 = b"-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n"


@cache
def pair(name: str) -> Key:
    """Return the key pair of that name."""
    primary, _, subkey = name.partition("/")
    if subkey:
        return pair(primary).subkey(subkey)
    return rsa_key("rsa") if name == "rsa" else key(name)


@cache
def certificate_file(name: str) -> tuple[str, bytes]:
    """Return a certificate as a file of the keyring; the binding of `loose` lacks a part."""
    primary = pair(name)
    parts = [Binding(primary.subkey(sub), back=sub != "loose") for sub in SUBKEYS.get(name, ())]
    return f"{name}.key", primary.certificate(parts)


@cache
def content(file: File) -> bytes:
    """Return an authorizations file; equal files have equal bytes and no others."""
    lines = ["version: 1", f"# {file.comment}", f"history: {file.history}", "people:"]
    for person in file.people:
        lines += [f"  {person.name}:", *(["    service: true"] if person.service else [])]
        lines += ["    keys:", *(f"      - {pair(k).fingerprint}" for k in person.keys)]
    return "\n".join(lines).encode() + b"\n"


def add_tree(objects: git.Objects, name: str, commit: Commit) -> bytes:
    """Put in the commit's tree; what is malformed about a file goes by the commit's name."""
    files = {"readme": ("100644", git.add(objects, "blob", b"hello\n"))}
    if isinstance(commit.file, File):
        files[PATH] = ("100644", git.add(objects, "blob", content(commit.file)))
    elif commit.file == MALFORMED:
        blob = git.add(objects, "blob", b"people: {}\n")
        forms = ((PATH, "100644"), (PATH, "120000"), (f"{PATH}/{PATH}", "100644"))
        path, mode = forms[sum(name.encode()) % 3]
        files[path] = (mode, blob)
    return git.add_tree(objects, files)


def signed(unsigned: bytes, name: str, commit: Commit) -> bytes:
    """Sign a commit's content as its state of signature says."""
    if commit.signature == "unsigned" or commit.signer is None:
        return unsigned
    signer = pair(commit.signer)
    odd = sum(name.encode()) % 2
    match commit.signature:
        case "good":
            return git.signed(unsigned, signer.sign(unsigned))
        case "bad":
            spoilt = {"flip": True} if odd else {"over": b"something else"}
            return git.signed(unsigned, signer.sign(unsigned, **spoilt))
        case "weak":
            return git.signed(unsigned, signer.sign(unsigned, "SHA1"))
        case "double":
            twice = signer.sign(unsigned, packets=2)
            placement = "git" if odd else "double"
            return git.signed(unsigned, twice if odd else signer.sign(unsigned), placement)
        case "malformed":
            return git.signed(unsigned, signer.sign(unsigned, trailing=b"\0"))
    assert commit.signature == "x509"
    return git.signed(unsigned, X509)


@dataclass(frozen=True)
class Built:
    """Git's objects, and the id of each abstract commit."""

    objects: git.Objects
    ids: dict[str, bytes]

    def name(self, oid: bytes) -> str:
        return next(name for name, found in self.ids.items() if found == oid)


def build(commits: Mapping[str, Commit], dates: Mapping[str, int] | None = None) -> Built:
    """Make the objects; the commits come parents first."""
    objects: git.Objects = {}
    ids: dict[str, bytes] = {}
    for name, commit in commits.items():
        unsigned = git.commit_content(
            add_tree(objects, name, commit),
            [ids[p] for p in commit.parents],
            message=name.encode() + b"\n",
            date=(dates or {}).get(name, git.EPOCH),
        )
        ids[name] = git.add(objects, "commit", signed(unsigned, name, commit))
    return Built(objects, ids)


def keyring_files(q: Question) -> list[tuple[str, bytes]]:
    """Return the keyring of a question."""
    return [certificate_file(name) for name in sorted(q.keyring)]
