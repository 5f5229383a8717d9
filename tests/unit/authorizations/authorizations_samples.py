"""Keys and small files that the tests of this folder share."""

import base64

F1 = "3CE464558A84FDC69DB40CFB090B11993D9AEBB5"
F1_SPACED = "3CE4 6455 8A84 FDC6 9DB4  0CFB 090B 1199 3D9A EBB5"
F2 = "968479A1AFF927E37D1A566BB5690EEEBB952194"
F6 = "A" * 64

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGeUAJiMrWPXg/b0IusL0lJj6139c8NlmH6uTMPsaB9s"
ED25519_NAME = "SHA256:2umhbWMbo6i1XK3Cv/sY7lzmG1nHqgNBG5kFb3nbjSQ"


def blob(*fields: bytes) -> bytes:
    """Give fields as an SSH key blob holds them."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def line(kind: str, *fields: bytes) -> str:
    """Give a public key line."""
    return f"{kind} {base64.b64encode(blob(kind.encode(), *fields)).decode()}"


def native(
    people: str = f"  alice:\n    keys:\n      - {F1}\n", head: str = "version: 1\n"
) -> bytes:
    """Give a file whose people begin in line 3."""
    return f"{head}people:\n{people}".encode()


def keys(*entries: str) -> bytes:
    """Give a file in which alice's keys begin in line 5, column 9."""
    return native("  alice:\n    keys:\n" + "".join(f"      - {entry}\n" for entry in entries))


def guix(entries: str = f'("{F1_SPACED}" (name "alice"))') -> bytes:
    """Give a file in Guix's format whose entries begin in line 3, column 3."""
    return f"(authorizations\n (version 0)\n ({entries}))\n".encode()
