"""SSH signatures of a kind that is not accepted, devices, and keys that do not count."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.vectors import sshsig
from tests.support.vectors.made import (
    BAD,
    MALFORMED,
    PAYLOAD,
    UNAUTHORIZED,
    UNSUPPORTED,
    UNUSABLE,
    WEAK,
    Vector,
    insert,
    payload,
    vector,
)
from tests.support.vectors.ssh_form import ssh_vector
from tests.support.vectors.sshsig import Key, Parts, mpint, string

_KEY = sshsig.ed25519("alice")
_ARMORED = sshsig.sign(_KEY, PAYLOAD)


def vectors() -> Iterator[Vector]:
    yield from _kinds()
    yield from _devices()
    yield from _keys()


def _kinds() -> Iterator[Vector]:
    rsa, p256, p384 = sshsig.rsa("alice"), sshsig.ecdsa("alice"), sshsig.ecdsa("alice", "nistp384")
    for name, parts, what in (
        ("namespace-file", Parts(namespace=b"file"), "is for files: made for another purpose"),
        ("namespace-empty", Parts(namespace=b""), "has an empty namespace"),
        ("namespace-longer", Parts(namespace=b"git\0"), "is for a namespace that begins with git"),
        ("namespace-upper-case", Parts(namespace=b"GIT"), "is for GIT, which is not git"),
        ("version-0", Parts(version=0), "is of version 0"),
        ("version-2", Parts(version=2), "is of version 2"),
        ("hash-unknown", Parts(hash_name="sha512-256"), "is over a digest that nobody knows"),
        ("hash-sha384", Parts(hash_name="sha384"), "is over SHA-384, which SSHSIG does not have"),
        ("hash-upper-case", Parts(hash_name="SHA512"), "is over SHA512, which is no name here"),
        ("algorithm-unknown", Parts(algorithm="ssh-ed25519@example.org"), "has another algorithm"),
    ):
        yield ssh_vector(
            name,
            UNSUPPORTED,
            "what is accepted",
            f"The SSH signature verifies, and {what}.",
            sshsig.sign(_KEY, PAYLOAD, parts),
        )
    yield ssh_vector(
        "algorithm-webauthn",
        UNSUPPORTED,
        "the algorithm of a browser's signatures",
        "The signature is of the kind that browsers have devices make, which signs other octets.",
        sshsig.sign(
            sshsig.sk_ecdsa("alice"),
            PAYLOAD,
            Parts(algorithm="webauthn-sk-ecdsa-sha2-nistp256@openssh.com"),
        ),
        (sshsig.sk_ecdsa("alice").line,),
    )
    certificate = _certificate()
    types = (
        ("certificate", certificate, "is a certificate, whose issuer would have to be asked"),
        ("dss", Key("ssh-dss", mpint(23) + mpint(11) + mpint(2) + mpint(4), _dss), "is of DSA"),
        ("unknown", Key("ssh-ed25519-v2", _KEY.fields, _KEY.make), "is of a type nobody knows"),
        (
            "ed448",
            Key("ssh-ed448", string(bytes(57)), lambda _: bytes(114)),
            "is of Ed448, which OpenPGP has here and SSH has not",
        ),
    )
    for name, key, what in types:
        yield ssh_vector(
            f"key-type-{name}",
            UNSUPPORTED,
            "key types",
            f"The key in the signature {what}.",
            sshsig.sign(key, PAYLOAD),
        )
    old = sshsig.rsa("alice", "ssh-rsa")
    yield ssh_vector(
        "rsa-sha1",
        WEAK,
        "ssh-rsa as the signature's algorithm",
        "The RSA signature is of the algorithm ssh-rsa, which is RSA over SHA-1.",
        sshsig.sign(old, PAYLOAD),
        (old.line,),
    )
    for name in ("sha1", "md5", "ripemd160"):
        yield ssh_vector(
            f"hash-{name}",
            WEAK,
            "broken digests",
            f"The message's digest is {name.upper()}, for which other messages can be made.",
            sshsig.sign(_KEY, PAYLOAD, Parts(hash_name=name)),
        )
    for name, key, algorithm, what in (
        ("ed25519-as-rsa", _KEY, "rsa-sha2-512", "RSA, the key of Ed25519"),
        ("rsa-as-ed25519", rsa, "ssh-ed25519", "Ed25519, the key of RSA"),
        ("p256-as-p384", p256, "ecdsa-sha2-nistp384", "ECDSA over P-384, the key over P-256"),
        (
            "ed25519-as-device",
            _KEY,
            "sk-ssh-ed25519@openssh.com",
            "Ed25519 on a device, the key of Ed25519 without one",
        ),
    ):
        raw, behind = key.make(sshsig.signed_data(PAYLOAD, Parts())), b""
        if algorithm.startswith("sk-"):
            behind = b"\1" + bytes(4)
        elif name == "rsa-as-ed25519":
            raw = raw[:64]
        elif name == "p256-as-p384":
            raw = p384.make(sshsig.signed_data(PAYLOAD, Parts()))
        yield ssh_vector(
            f"algorithm-{name}",
            UNUSABLE,
            "the algorithm is one of the key's type",
            f"The signature is of {what}.",
            sshsig.sign(key, PAYLOAD, Parts(algorithm=algorithm, raw=raw, behind_raw=behind)),
            (key.line,),
        )


def _dss(_: bytes) -> bytes:
    return bytes(40)


def _certificate() -> Key:
    """Return a user's certificate that the key itself issued."""
    kind = "ssh-ed25519-cert-v01@openssh.com"
    body = string(b"nonce") + _KEY.fields + (1).to_bytes(8) + (1).to_bytes(4)
    body += string(b"alice") + string(string(b"alice")) + bytes(8) + b"\xff" * 8
    body += string(b"") * 3 + string(_KEY.blob)
    made = string(b"ssh-ed25519") + string(_KEY.make(string(kind.encode()) + body))
    return Key(kind, body + string(made), _KEY.make, "ssh-ed25519")


def _devices() -> Iterator[Vector]:
    for name, key in (
        ("sk-ed25519", sshsig.sk_ed25519("alice")),
        ("sk-ecdsa", sshsig.sk_ecdsa("alice")),
    ):
        for flags, what in ((0, "no flag"), (4, "the flag of a verified user alone")):
            yield ssh_vector(
                f"{name}-flags-{flags}",
                UNSUPPORTED,
                "the flag of presence",
                f"The device's signature ({key.type}) verifies and has {what}: nobody touched it.",
                sshsig.sign(key, PAYLOAD, Parts(flags=flags)),
                (key.line,),
            )
        data = sshsig.binary(key, PAYLOAD)
        at = len(data) - 5
        yield ssh_vector(
            f"{name}-flags-changed",
            BAD,
            "flags are signed",
            f"The device ({name}) signed no flag, and the flag was set afterwards.",
            sshsig.armor(
                (made := sshsig.binary(key, PAYLOAD, Parts(flags=0)))[: len(made) - 5]
                + b"\1"
                + made[len(made) - 4 :]
            ),
            (key.line,),
        )
        yield ssh_vector(
            f"{name}-counter-changed",
            BAD,
            "the counter is signed",
            f"The counter behind the device's signature ({name}) was changed afterwards.",
            sshsig.armor(data[: at + 1] + bytes(4)),
            (key.line,),
        )
        yield ssh_vector(
            f"{name}-trailing",
            MALFORMED,
            "nothing follows the counter",
            f"An octet follows the counter of the device's signature ({name}).",
            sshsig.sign(key, PAYLOAD, Parts(behind_raw=b"\0")),
            (key.line,),
        )
        yield ssh_vector(
            f"{name}-no-flags",
            MALFORMED,
            "flags and counter are there",
            f"Flags and counter are missing behind the device's signature ({name}).",
            sshsig.armor(_without_flags(data)),
            (key.line,),
        )
    key = sshsig.sk_ed25519("alice")
    other = sshsig.with_fields(key, key.fields.replace(b"ssh:", b"web:"))
    yield ssh_vector(
        "sk-ed25519-other-application",
        BAD,
        "the application is signed",
        "The key is for another application than the one that the device signed for.",
        sshsig.sign(other, PAYLOAD),
        (other.line,),
    )


def _without_flags(data: bytes) -> bytes:
    """Return a device's signature with its last five octets cut off, all lengths right."""
    at, ends = 10, 0
    for _ in range(4):
        at += 4 + int.from_bytes(data[at : at + 4])
    ends = int.from_bytes(data[at : at + 4])
    return data[:at] + (ends - 5).to_bytes(4) + data[at + 4 : -5]


def _keys() -> Iterator[Vector]:
    other = sshsig.ed25519("bob")
    yield ssh_vector(
        "unlisted-key",
        UNAUTHORIZED,
        "the key in the signature is not trusted for being there",
        "A good signature by a key that is not listed; the signature brings its own key.",
        sshsig.sign(other, PAYLOAD),
    )
    yield ssh_vector(
        "other-key-inside",
        BAD,
        "the mathematics is done with the key that is named",
        "The listed key stands in the signature, and another one made it.",
        sshsig.sign(other, PAYLOAD, Parts(key=_KEY.blob)),
    )
    same = sshsig.with_fields(_KEY, _KEY.fields)
    device = Key(
        "sk-ssh-ed25519@openssh.com", same.fields + string(b"ssh:"), same.make, device=True
    )
    yield ssh_vector(
        "same-point-other-type",
        UNAUTHORIZED,
        "keys are compared whole",
        "The key has the listed key's numbers and another type: it is another key.",
        sshsig.sign(device, PAYLOAD),
    )
    yield ssh_vector(
        "other-commit",
        BAD,
        "the mathematics is over this very payload",
        "The SSH signature is a good one of another commit, copied.",
        sshsig.sign(_KEY, payload(b"Another change\n")),
    )
    yield ssh_vector(
        "over-payload-itself",
        BAD,
        "what SSHSIG signs",
        "The raw signature is over the commit itself, not over what SSHSIG makes of it.",
        sshsig.sign(_KEY, PAYLOAD, Parts(raw=_KEY.make(PAYLOAD))),
    )
    yield ssh_vector(
        "namespace-signed-otherwise",
        BAD,
        "the namespace is signed",
        "The signature was made for files, and the namespace was changed afterwards.",
        sshsig.sign(
            _KEY,
            PAYLOAD,
            Parts(raw=_KEY.make(sshsig.signed_data(PAYLOAD, Parts(namespace=b"file")))),
        ),
    )
    yield vector(
        "ssh-over-signed-commit",
        BAD,
        "commit_object.py: the payload is without the signature",
        "The signature is over the commit with another signature's header in it.",
        signature=sshsig.sign(_KEY, insert(PAYLOAD, _ARMORED)),
        keyring=[],
        listed=[_KEY.line],
    )
