"""Files of channels to test with."""

from __future__ import annotations

ID = "9edb3f66fd807b096b48283debdcddccfea34bad"
KEY = "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA"
SPACED = "BBB0 2DDF 2CEA F6A8 0D1D  E643 A2A0 6DF2 A33A 54FA"
SSH = "SHA256:" + "A" * 43
FIELDS = {
    "url": "https://example.org/r",
    "branch": "main",
    "introduction": ID,
    "signer": KEY,
}
HEAD = "version: 1\nchannels:\n"


def entry(name: str = "a", more: str = "", **fields: str | None) -> str:
    """Return a channel's lines; a field of None is left out, `_` stands for `-`."""
    given = {key.replace("_", "-"): value for key, value in fields.items()}
    lines = [f"  {name}:\n"]
    for key, value in {**FIELDS, **given}.items():
        if value is not None:
            lines.append(f"    {key}: {value}\n")
    return "".join(lines) + more


def text(*entries: str, head: str = HEAD) -> bytes:
    return (head + "".join(entries or (entry(),))).encode()
