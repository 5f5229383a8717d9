"""What is mentioned in `.gitattributes`, and which substitutions are fixed by a commit."""

from __future__ import annotations

import pytest

from nixauth.nar.attributes import Mentions, mentioned, unstable_format


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Mentions()),
        (b"* text=auto\n*.png binary -diff merge=union linguist-generated\n", Mentions()),
        (b"a export-ignore", Mentions(export_ignore=True)),
        (b"a\t-export-subst", Mentions(export_subst=True)),
        (b"* text eol=crlf", Mentions(conversion=True)),
        (b"* crlf=input", Mentions(conversion=True)),
        (b"* text eol=lf", Mentions()),
        (b"* ident", Mentions(conversion=True)),
        (b"* working-tree-encoding=UTF-16", Mentions(conversion=True)),
        (b"* filter=lfs", Mentions(filter=True)),
        (b"[attr]x export-ignore\ny x", Mentions(export_ignore=True)),
        (b"# export-ignore", Mentions(export_ignore=True)),
    ],
)
def test_mentioned(content: bytes, expected: Mentions) -> None:
    assert mentioned(content) == expected


def test_all_that_is_mentioned_counts() -> None:
    all_of_them = Mentions(True, True, True, True)
    parts = [
        Mentions(export_ignore=True),
        Mentions(export_subst=True),
        Mentions(conversion=True),
        Mentions(filter=True),
    ]
    found = Mentions()
    for part in parts:
        found |= part
        assert (part | Mentions()) == (Mentions() | part) == part
    assert found == all_of_them
    assert [part.change_archive for part in parts] == [True, True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        b"nothing",
        b"$Format:%H$",
        b"$Format:%T %P %s %f%n%b %B %e %%d$",
        b"$Format:%an %ae %ad %aD %at %ai %aI %as %cn %ce %cd %cD %ct %ci %cI %cs$",
        b"$Format:words$ $Format:%x0a$",
        b"$Format:%H$ %d",
        b"$Format:%d",
        b"Format:%d$",
    ],
)
def test_stable(text: bytes) -> None:
    assert unstable_format(text) is None


@pytest.mark.parametrize(
    "placeholder",
    [
        *(b"%h %t %p %d %D %S %N %GG %G? %GK %gd %(describe) %(describe:tags=true)".split()),
        *(b"%(trailers) %ar %cr %ah %ch %aN %aE %aL %al %cN %cE %m %w(80) %C(red) %Cred".split()),
        *(b"%>(20)%H %+d %-d %xg0 % %unknown %(decorate)".split()),
    ],
)
@pytest.mark.parametrize("before", [b"", b"$Format:%H$ ", b"$Format:%H\n"])
def test_unstable(placeholder: bytes, before: bytes) -> None:
    start = b"" if before.endswith(b"\n") else b"$Format:"
    text = b"x " + before + start + placeholder + b"$ y"
    found = unstable_format(text)
    assert found is not None
    assert placeholder in found
