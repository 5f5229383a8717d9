"""What each party says of a signed commit: who made the signature, or nobody, and in what words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nixauth.engines import Engine, Native
from nixauth.errors import UndecidedError
from nixauth.evidence import Claim, Evidence, examine, verify_together
from nixauth.keyring import Keyring
from nixauth.signatures.commit_object import read_commit
from tests.differential.programs import Ran, sequoia

GOOD, BAD = "good", "bad-signature"


@dataclass(frozen=True)
class Said:
    """`maker` is the key that made a signature which was found good, else empty.

    `words` are those of the party: nixauth's reason or kind of error, GnuPG's status keywords,
    the first line of what Sequoia has to say.
    """

    maker: str
    words: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the signature was found good."""
        return bool(self.maker)


# --- nixauth ---


def evidence_of(content: bytes, keyring: Keyring, engine: Engine | None = None) -> Evidence:
    """Have nixauth read a commit's signature."""
    return examine(read_commit(content), keyring, lambda: False, engine or Native())


def nixauth_says(evidence: Evidence) -> Said:
    """Have nixauth verify what it has read."""
    if not isinstance(evidence, Claim):
        return Said("", (evidence.code,))
    try:
        makers = [one.key for one in evidence.signers if evidence.verifies(one)]
    except UndecidedError as error:
        return Said("", (error.kind, error.message))
    return Said(makers[0], (GOOD,)) if makers else Said("", (BAD,))


def all_say(contents: Sequence[bytes], keyring: Keyring, engine: Engine) -> list[Said]:
    """Have an engine verify many commits together."""
    found = [evidence_of(content, keyring, engine) for content in contents]
    claims = [one for one in found if isinstance(one, Claim)]
    verify_together([(claim, signer) for claim in claims for signer in claim.signers])
    return [nixauth_says(one) for one in found]


# --- git and GnuPG ---

_SAYS_MUCH = frozenset(
    {
        "GOODSIG",
        "BADSIG",
        "ERRSIG",
        "EXPSIG",
        "EXPKEYSIG",
        "REVKEYSIG",
        "NO_PUBKEY",
        "NODATA",
        "BADARMOR",
        "UNEXPECTED",
        "FAILURE",
    }
)


def git_says(ran: Ran) -> Said:
    """Read what `git verify-commit --raw` printed of an OpenPGP signature.

    Git goes by GnuPG's exit code, by GOODSIG and by the trust in the key.
    """
    valid = [words[1] for words in ran.status if words[0] == "VALIDSIG"]
    words = tuple(words[0] for words in ran.status if words[0] in _SAYS_MUCH)
    return Said(valid[0] if ran.code == 0 and valid else "", words)


def gnupg_ran(ran: Ran) -> bool:
    """Whether GnuPG itself looked at something: it prints status lines, git has none."""
    return bool({words[0] for words in ran.status} & (_SAYS_MUCH | {"NEWSIG"}))


# --- Sequoia ---


@dataclass(frozen=True)
class Sequoia:
    """Sequoia's library, with certificates."""

    certificates: tuple[object, ...]

    @classmethod
    def of(cls, exported: Iterable[bytes]) -> Sequoia:
        """Hand it certificates."""
        cert = sequoia().Cert
        return cls(tuple(one for block in exported for one in cert.split_bytes(block)))

    def says(self, payload: bytes, armored: bytes) -> Said:
        """Have it verify a detached signature.

        Its second word is which keys it has asked for, and shows that it came so far.
        """
        library = sequoia()
        asked: list[str] = []

        def store(names: list[str]) -> list[object]:
            asked.extend(name.upper() for name in names)
            return list(self.certificates)

        try:
            signature = library.Sig.from_bytes(armored)
            done = library.verify(bytes=payload, store=store, signature=signature)
        except Exception as error:  # noqa: BLE001 - its own kinds are private to it
            text = str(error).split("Stack backtrace:")[0]
            return Said("", (" ".join(text.split()), *asked))
        made = [one.signing_key.upper() for one in done.valid_sigs]
        assert done.bytes == payload
        return Said(made[0] if made else "", (GOOD, *asked))
