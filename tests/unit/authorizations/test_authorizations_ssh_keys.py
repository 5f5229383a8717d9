"""SSH public keys: every type, and one fault at a time."""

import base64

import pytest
from authorizations_samples import ED25519, ED25519_NAME, blob, line

from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.text_problems import Refused

# Made with ssh-keygen, which also said the fingerprints.
P256 = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAuoUyjuuk2OX8ZGN0VrF"
    "+z1UJPVrxZHekj1afzPzXiLSL8RSCgLWc+juRbYQVnoxbf7ZjJMb2LhE5YIuGRsnqs="
)
RSA = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC0cxXvtrVAuqAsF51LlrMieJdS0vL4s3rRHQRx3ppHY5rgwX9TEnIeg"
    "FXIbfYJGLD3MbWCG11ktZ5ahEk/IUNMn0zGzmXzj5ImglDc/bS9I5WwsuLnEUXEgDjcD8pckhW0kr9k3iW5eD2JLVEeNg"
    "VZp+naPXTy3zKEwys5xHcHCKLmz3AMjuMJOJG+eTjRSnfqw1D703s9xNoj752LZvGaygccwgBtBjvNoYAzkF1cQAUoHVs"
    "iQQMiMF7N9QCwp8OVYXdEoAN2b4OJXqI+yWQ760yvnYyqjSz/4gIY1q/156ivoqk8XN0ILr5VeyQCMyBGq2qB3Y7tZfmX"
    "K/fD9ceH"
)
SK_ED = "sk-ssh-ed25519@openssh.com"
SK_EC = "sk-ecdsa-sha2-nistp256@openssh.com"
Q256, Q384, Q521 = (b"\4" + bytes(2 * size) for size in (32, 48, 66))


@pytest.mark.parametrize(
    ("text", "fingerprint"),
    [
        (ED25519, ED25519_NAME),
        (P256, "SHA256:UF5FnDu8LGg0Uf2PQSqzezTQmLpEzIlt0P3yyYpMEmM"),
        (RSA, "SHA256:jBgJGsfA/UIovin4ETBVMgfVBc2juJU35HIVpjug23o"),
    ],
)
@pytest.mark.parametrize("comment", ["", " ", " alice@laptop", "  several words # é ssh-rsa"])
def test_fingerprints_are_those_of_ssh_keygen(text: str, fingerprint: str, comment: str) -> None:
    key = read_ssh_key(text + comment)
    assert isinstance(key, SshKey)
    assert key.fingerprint == fingerprint
    assert key.blob == base64.b64decode(text.split()[1])


@pytest.mark.parametrize(
    "text",
    [
        line("ecdsa-sha2-nistp384", b"nistp384", Q384),
        line("ecdsa-sha2-nistp521", b"nistp521", Q521),
        line(SK_ED, bytes(32), b"ssh:"),
        line(SK_EC, b"nistp256", Q256, b"ssh:"),
        line("ssh-rsa", b"\3", b"\0" + b"\x80" + bytes(2047)),
        line("ssh-ed25519", bytes(32)).replace(" ", "   "),
    ],
)
def test_every_type(text: str) -> None:
    assert isinstance(read_ssh_key(text), SshKey)


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2003", "\t", "\x1f"])
def test_only_spaces_separate(blank: str) -> None:
    """OpenSSH takes a tab as well; a file may not hold one."""
    kind, written = ED25519.split(" ")
    for text in (
        f"{kind} {blank}{written}",
        f"{kind} {written}{blank}a@b",
        f"{kind}{blank}{written}",
    ):
        assert isinstance(read_ssh_key(text), Refused)


def encoded(kind: str, content: bytes) -> str:
    return f"{kind} {base64.b64encode(content).decode()}"


ED_BLOB = blob(b"ssh-ed25519", bytes(32))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a key"),
        ("ssh-ed25519", "is not base64"),
        ("ssh-ed25519 ", "is not base64"),
        ("ssh-ed25519 é", "is not base64"),
        (ED25519[:-1], "is not base64"),
        (ED25519[:-1] + "!", "is not base64"),
        (ED25519 + "=", "is not base64"),
        (P256[:-1], "is not base64"),
        (P256[:-2] + "t=", "is not base64"),  # the same bytes, other spare bits
        (encoded("ssh-ed25519", ED_BLOB[:-1]), "cut short"),
        (encoded("ssh-ed25519", ED_BLOB[:2]), "cut short"),
        (encoded("ssh-ed25519", ED_BLOB[:17]), "cut short"),
        (encoded("ssh-ed25519", ED_BLOB[:15]), "cut short"),
        (encoded("ssh-ed25519", b"\xff" * 60), "cut short"),
        (encoded("ssh-ed25519", ED_BLOB + b"\0"), "something follows"),
        (encoded("ssh-rsa", blob(b"ssh-dss", b"\3", b"\5")), "of another type"),
        (line("ssh-ed25519", bytes(31)), "32 bytes"),
        (line("ssh-ed25519", bytes(33)), "32 bytes"),
        (line("ecdsa-sha2-nistp256", b"nistp384", Q256), "another curve"),
        (line("ecdsa-sha2-nistp256", b"nistp256", Q384), "uncompressed"),
        (line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(32)), "uncompressed"),
        (line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(64)), "uncompressed"),
        (line("ssh-rsa", b"\3", b""), "not positive"),
        (line("ssh-rsa", b"\3", b"\x80"), "not positive"),
        (line("ssh-rsa", b"\0", b"\5"), "zero"),
        (line("ssh-rsa", b"\3", b"\0\5"), "needless zero"),
        (line("ssh-rsa", b"\3", b"\1" + bytes(2048)), "16384 bits"),
        (line("ssh-rsa", b"\3"), "cut short"),
        (line("ssh-rsa", b"\3", b"\5", b"\7"), "something follows"),
        (line(SK_ED, bytes(32)), "cut short"),
        (line(SK_ED, bytes(32), b""), "application"),
        (line(SK_ED, bytes(32), b"x" * 1025), "1024 bytes"),
        ("ssh-dss AAAA", "ssh-dss keys are refused"),
        ("ssh-rsa-cert-v01@openssh.com AAAA", "certificates are refused"),
        ("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com AAAA", "certificates are refused"),
        (f"cert-authority {ED25519}", "options in front"),
        (f'command="a b" {ED25519}', "options in front"),
        ("ssh-ed448 AAAA", "not known"),
        ("ecdsa-sha2-1.3.132.0.10 AAAA", "not known"),
        ("SSH-ED25519 AAAA", "not a key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "not a key"),
        ("x" * 500, "x…"),
    ],
)
def test_one_fault(text: str, message: str) -> None:
    answer = read_ssh_key(text)
    assert isinstance(answer, Refused)
    assert message in answer.message
    assert len(answer.message) < 200
