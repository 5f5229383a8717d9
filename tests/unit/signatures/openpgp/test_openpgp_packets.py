"""Framing: lengths of packets, subpackets and integers."""

import pytest

from nixauth.signatures.openpgp.packets import (
    FormatError,
    integers,
    padded_integer,
    read_packet,
    subpackets,
)


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (b"\xc2\x05", 5),
        (b"\xc2\xc0\x08", 200),
        (b"\xc2\xdf\xff", 8383),
        (b"\xc2\xff\0\0\0\x05", 5),
        (b"\x88\x05", 5),
        (b"\x89\x01\x00", 256),
        (b"\x8a\0\0\0\x05", 5),
    ],
)
def test_lengths_of_packets(header: bytes, size: int) -> None:
    assert read_packet(header + bytes(size), 0) == (2, len(header), len(header) + size)
    assert read_packet(b"xx" + header + bytes(size + 9), 2)[2] == 2 + len(header) + size
    with pytest.raises(FormatError, match="truncated packet"):
        read_packet(header + bytes(size - 1), 0)
    for cut in range(1, len(header)):
        with pytest.raises(FormatError, match="truncated packet header"):
            read_packet(header[:cut], 0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x02\x00", "not a packet"),
        (b"\xc2\xe0\x00", "partial"),
        (b"\x8b\x00", "indeterminate"),
        (b"\xc0\x00", "reserved"),
        (b"\x80\x00", "reserved"),
    ],
)
def test_packets_that_have_no_place_here(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_packet(data, 0)


@pytest.mark.parametrize(
    "length", [b"\x01", b"\x05", b"\xbf", b"\xc0\x00", b"\xc0\x10", b"\xfe\x01", b"\xff\0\0\0\x05"]
)
def test_lengths_of_subpackets(length: bytes) -> None:
    size = length[0]
    if len(length) == 2:
        size = (length[0] - 192 << 8) + length[1] + 192
    elif len(length) == 5:
        size = 5
    data = length + b"\x91" + bytes(size - 1)
    assert list(subpackets(data, 0, len(data))) == [(0x91, len(length) + 1, len(data))]
    for cut in range(1, len(data)):
        with pytest.raises(FormatError):
            list(subpackets(data, 0, cut))


def test_subpackets_in_a_row_and_empty_ones() -> None:
    assert list(subpackets(b"", 0, 0)) == []
    assert list(subpackets(b"\2\x10a\1\x10", 0, 5)) == [(16, 2, 3), (16, 5, 5)]
    with pytest.raises(FormatError, match="length 0"):
        list(subpackets(b"\0", 0, 1))
    with pytest.raises(FormatError, match="length 0"):
        list(subpackets(b"\xff\0\0\0\0", 0, 5))


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"\0\0", [b""]),
        (b"\0\1\1", [b"\1"]),
        (b"\0\x09\1\0", [b"\1\0"]),
        (b"\0\x10\x80\0\0\2\3", [b"\x80\0", b"\3"]),
    ],
)
def test_integers(data: bytes, values: list[bytes]) -> None:
    assert list(integers(data, 0, len(values))) == values
    for cut in range(len(data)):
        with pytest.raises(FormatError, match="truncated integer"):
            integers(data[:cut], 0, len(values))
    with pytest.raises(FormatError, match="octets after"):
        integers(data + b"\0", 0, len(values))


@pytest.mark.parametrize("data", [b"\0\2\1", b"\0\1\2", b"\0\x08\1", b"\0\x08\0", b"\0\x10\0\1"])
def test_integers_with_wrong_bit_counts(data: bytes) -> None:
    with pytest.raises(FormatError, match="wrong bit count"):
        integers(data, 0, 1)


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"\0\x08\1", b"\1"), (b"\0\x10\0\1", b"\1"), (b"\0\1\1", b"\1"), (b"\0\x08\0", b"")],
)
def test_an_integer_as_long_as_its_modulus(data: bytes, value: bytes) -> None:
    assert padded_integer(data, 0) == value


@pytest.mark.parametrize("data", [b"\0\2\1", b"\0\1\2", b"\0\x0f\0\1", b"\0\1\1\0", b"\0\x10\1"])
def test_padded_integers_with_wrong_bit_counts(data: bytes) -> None:
    with pytest.raises(FormatError):
        padded_integer(data, 0)
