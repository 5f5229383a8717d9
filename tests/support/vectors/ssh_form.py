"""SSH signatures that are not as their form asks: armor, structure, the key inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.support.vectors import numbers, sshsig
from tests.support.vectors.made import MALFORMED, PAYLOAD, Vector, vector
from tests.support.vectors.sshsig import Key, Parts, mpint, string

_KEY = sshsig.ed25519("alice")
_BINARY = sshsig.binary(_KEY, PAYLOAD)
_ARMORED = sshsig.armor(_BINARY)
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"


def vectors() -> Iterator[Vector]:
    yield from _armor()
    yield from _structure()
    yield from _key_blobs()


def ssh_vector(
    name: str,
    expect: str,
    guards: str,
    description: str,
    signature: bytes,
    listed: Sequence[str] = (_KEY.line,),
) -> Vector:
    """Describe a vector whose one listed key is alice's, unless told otherwise."""
    return vector(
        f"ssh-{name}",
        expect,
        f"ssh.py: {guards}",
        description,
        signature=signature,
        keyring=[],
        listed=listed,
    )


def _armor() -> Iterator[Vector]:
    rows = [
        (
            "text-before",
            b"Signed:\n" + _ARMORED,
            "A line of text stands before the armor.",
        ),
        ("text-after", _ARMORED + b"Regards\n", "A line of text stands after the armor."),
        ("no-end", _ARMORED.removesuffix(_END), "The SSH armor has no last line."),
        (
            "other-end",
            _ARMORED.replace(_END, b"-----END PGP SIGNATURE-----\n"),
            "The last line of the SSH armor ends a block of another kind.",
        ),
        ("two-blocks", _ARMORED + _ARMORED, "Two armored signatures stand in one header."),
        (
            "nested",
            _BEGIN + _ARMORED + _END,
            "A whole SSH block stands within another one's lines.",
        ),
        (
            "foreign-character",
            _ARMORED.replace(_BEGIN, _BEGIN + b"*"),
            "A character stands in the base64 that it does not have.",
        ),
        (
            "header",
            _ARMORED.replace(_BEGIN, _BEGIN + b"Comment: alice\n\n"),
            "The armor has a header, as OpenPGP's may and SSH's may not.",
        ),
        (
            "begin-without-dashes",
            _ARMORED.replace(_BEGIN, _BEGIN.rstrip(b"-\n") + b"\n"),
            "The first line lacks the dashes at its end.",
        ),
        (
            "empty-line-within",
            _ARMORED[:60] + b"\n\n" + _ARMORED[60:],
            "An empty line stands within the base64 of the SSH signature.",
        ),
        ("empty", _BEGIN + _END, "Nothing stands between the armor's lines."),
        (
            "padding-behind",
            _ARMORED.replace(b"\n" + _END, b"====\n" + _END),
            "Too many equals signs.",
        ),
    ]
    kinds = (sshsig.sk_ed25519("alice"), sshsig.ecdsa("alice"), sshsig.ecdsa("alice", "nistp384"))
    by_length = next(key for key in kinds if len(sshsig.binary(key, PAYLOAD)) % 3)
    data = sshsig.binary(by_length, PAYLOAD)
    whole = sshsig.armor(data)
    at = whole.index(b"=")
    rows.append(
        (
            "unused-bits",
            whole[: at - 1] + bytes([whole[at - 1] + 1]) + whole[at:],
            "The bits that the base64's last character does not use are not zero.",
        )
    )
    rows.append(("no-padding", whole.replace(b"=", b""), "The base64 lacks its equals signs."))
    for name, signature, description in rows:
        listed = (by_length.line,) if name in {"unused-bits", "no-padding"} else (_KEY.line,)
        yield ssh_vector(f"armor-{name}", MALFORMED, "armor", description, signature, listed)


def _structure() -> Iterator[Vector]:
    raw = _KEY.make(sshsig.signed_data(PAYLOAD, Parts()))
    long_field = _BINARY[:10] + b"\xff\xff\xff\xff" + _BINARY[14:]
    rows = (
        ("wrong-magic", sshsig.binary(_KEY, PAYLOAD, Parts(magic=b"SSHSIH")), "another magic"),
        (
            "reserved",
            sshsig.binary(_KEY, PAYLOAD, Parts(reserved=b"x")),
            "something in the field that is reserved, and signed with it",
        ),
        ("trailing", _BINARY + b"\0", "an octet behind its last field"),
        (
            "trailing-in-signature",
            sshsig.binary(_KEY, PAYLOAD, Parts(behind_raw=b"\0")),
            "an octet behind the raw signature",
        ),
        (
            "ed25519-63-octets",
            sshsig.binary(_KEY, PAYLOAD, Parts(raw=raw[:-1])),
            "an Ed25519 signature of 63 octets",
        ),
        (
            "ed25519-65-octets",
            sshsig.binary(_KEY, PAYLOAD, Parts(raw=raw + b"\0")),
            "an Ed25519 signature of 65 octets",
        ),
        ("long-field", long_field, "a field that is longer than all there is"),
        ("cut-off", _BINARY[:-1], "its last octet cut off"),
    )
    for name, data, what in rows:
        yield ssh_vector(
            name, MALFORMED, "structure", f"The SSH signature has {what}.", sshsig.armor(data)
        )
    curve = sshsig.ecdsa("alice")
    own = numbers.ecdsa("alice")
    good = curve.make(sshsig.signed_data(PAYLOAD, Parts()))
    cut = 4 + int.from_bytes(good[:4])
    r = int.from_bytes(good[4:cut])
    s = int.from_bytes(good[cut + 4 :])
    spelled = string(b"\0\0" + r.to_bytes(32)) + mpint(s)
    integers = (
        ("needless-zero", spelled, "begins with needless zeros"),
        ("negative", string((r - own.order).to_bytes(33, signed=True)) + mpint(s), "is negative"),
        ("missing", mpint(r), "is alone, without the second"),
        ("trailing", good + b"\0", "and its fellow are followed by an octet"),
        ("third", good + mpint(1), "and its fellow are followed by a third"),
    )
    for name, number, what in integers:
        yield ssh_vector(
            f"ecdsa-integer-{name}",
            MALFORMED,
            "integers of a signature",
            f"An integer of the ECDSA signature {what}; the same number has one spelling.",
            sshsig.sign(curve, PAYLOAD, Parts(raw=number)),
            (curve.line,),
        )


def _key_blobs() -> Iterator[Vector]:
    point, curve = numbers.ecdsa("alice").point, string(b"nistp256")
    p256, rsa = sshsig.ecdsa("alice"), numbers.rsa("alice", 2048)
    compressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    public = _KEY.fields[4:]
    usual = sshsig.rsa("alice")
    zero = string(b"\0" + mpint(rsa.n)[4:])
    rows: tuple[tuple[str, Key, bytes, str], ...] = (
        ("trailing", _KEY, _KEY.fields + b"\0", "an octet behind its last field"),
        ("ed25519-31-octets", _KEY, string(public[:31]), "31 octets of Ed25519"),
        ("ed25519-33-octets", _KEY, string(public + b"\0"), "33 octets of Ed25519"),
        ("ecdsa-other-curve", p256, string(b"nistp384") + string(point), "another curve's name"),
        ("ecdsa-compressed", p256, curve + string(compressed), "a compressed point"),
        ("ecdsa-short-point", p256, curve + string(point[:-1]), "a point that is an octet short"),
        ("ecdsa-infinity", p256, curve + string(b"\0"), "the point at infinity"),
        ("rsa-needless-zero", usual, mpint(rsa.e) + zero, "a modulus with a needless zero"),
        (
            "rsa-negative",
            usual,
            mpint(rsa.e) + string(rsa.n.to_bytes(256)),
            "a modulus without the zero that makes it positive",
        ),
        ("rsa-empty-exponent", usual, string(b"") + mpint(rsa.n), "an exponent of zero"),
        (
            "empty-application",
            device := sshsig.sk_ed25519("alice"),
            device.fields[:36] + string(b""),
            "an empty application, where a device's key names one",
        ),
        ("without-fields", _KEY, b"", "nothing but its type"),
    )
    for name, key, fields, what in rows:
        other = sshsig.with_fields(key, fields)
        yield ssh_vector(
            f"key-{name}",
            MALFORMED,
            "the key as its type has it",
            f"The key in the signature has {what}.",
            sshsig.sign(other, PAYLOAD),
            (key.line,),
        )
