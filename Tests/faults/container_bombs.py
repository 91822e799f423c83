"""Containers of video that claim far more than they hold, or list what they hold over and over."""

import struct
import zlib


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def numbers(*values):
    return struct.pack(f">{len(values)}I", *values)


def table(name, *values, count=None, before=()):
    """A full box: version and flags, what comes before the count, the count, the entries' numbers."""
    each = {b"stts": 2, b"ctts": 2, b"stsc": 3, b"elst": 3}.get(name, 1)
    return box(name, numbers(0, *before, len(values) // each if count is None else count, *values))


def png(side):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress((b"\0" + b"\x80" * side) * side)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


PICTURE = png(16)
HEAD = box(b"ftyp", b"isom", numbers(0), b"isom")
# Where a file that begins with HEAD and the picture's own box has the picture.
FIRST = len(HEAD) + 8
MDAT = box(b"mdat", PICTURE)

HANDLER = box(b"hdlr", numbers(0, 0), b"mdta", bytes(13))


def description(code=b"png "):
    entry = struct.pack(">6xH16xHHIIIH32sHh", 1, 16, 16, 72 << 16, 72 << 16, 0, 1, b"", 24, -1)
    return box(b"stsd", numbers(0, 1), box(code, entry))


def track(*beside, handler=b"vide", after=(), **replaced):
    """One track of pictures of one second each; `replaced` are its tables by name, `after` comes behind all of them."""
    tables = {
        "stsd": description(), "stts": table(b"stts", 1, 1000), "stsc": table(b"stsc", 1, 1, 1),
        "stsz": box(b"stsz", numbers(0, len(PICTURE), 1)), "stco": table(b"stco", FIRST), **replaced}
    media = box(b"mdia", box(b"mdhd", numbers(0, 0, 0, 1000, 1000, 0)),
                box(b"hdlr", numbers(0, 0), handler, bytes(13)),
                box(b"minf", box(b"vmhd", numbers(1, 0, 0)), box(b"stbl", *tables.values())))
    return box(b"trak", box(b"tkhd", numbers(1, 0, 0, 1, 0, 1000), bytes(60)), *beside, media, *after)


def movie(*tracks, more=()):
    return HEAD + MDAT + box(b"moov", box(b"mvhd", numbers(0, 0, 0, 1000, 1000), bytes(80)), *tracks, *more)


def edits(count, length=1000):
    return box(b"edts", table(b"elst", *([length, 0, 1 << 16] * count)))


def run(count, flags=0, data=b""):
    return box(b"moof", box(b"mfhd", numbers(0, 1)),
               box(b"traf", box(b"tfhd", numbers(0x20000, 1)), box(b"trun", numbers(flags, count), data)))


def fragmented(*fragments):
    extends = box(b"mvex", box(b"trex", numbers(0, 1, 1, 40, 8, 0)))
    empty = track(stts=table(b"stts"), stsc=table(b"stsc"), stsz=box(b"stsz", numbers(0, 0, 0)), stco=table(b"stco"))
    return movie(empty, more=(extends,)) + b"".join(fragments)


def element(name, *parts, size=None):
    """An element of Matroska: a name as hexadecimal digits, eight bytes of size."""
    body = b"".join(parts)
    return bytes.fromhex(name) + struct.pack(">Q", 1 << 56 | (len(body) if size is None else size)) + body


def short(name, body=b""):
    return bytes.fromhex(name) + bytes([0x80 | len(body)]) + body


def matroska(*parts):
    return element("1A45DFA3", short("4282", b"matroska")) + element("18538067", *parts)


def chunk(name, *parts):
    body = b"".join(parts)
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def opendml(entries, names):
    """An AVI whose index names one index of `entries` entries so many times."""
    inner = chunk(b"ix00", struct.pack("<HBBI4sQI", 2, 0, 1, entries, b"00dc", 0, 0), bytes(8 * entries))
    stream = chunk(b"strh", b"vidsMJPG", bytes(8), struct.pack("<IIIII", 0, 1, 25, 0, 1), bytes(20))
    stream += chunk(b"strf", struct.pack("<IiiHH4sIIIII", 40, 16, 16, 1, 24, b"MJPG", 0, 0, 0, 0, 0))

    def whole(place):
        index = chunk(b"indx", struct.pack("<HBBI4s12x", 4, 0, 0, names, b"00dc"),
                      struct.pack("<QII", place, len(inner), entries) * names)
        header = chunk(b"LIST", b"hdrl", chunk(b"avih", bytes(56)), chunk(b"LIST", b"strl", stream, index))
        return header + chunk(b"LIST", b"movi", inner)

    body = whole(0)
    place = 12 + len(body) - len(inner)
    return chunk(b"RIFF", b"AVI ", whole(place))


def gif(side, pictures):
    """Pictures that say that they fill the canvas and are to be cleared away, in 23 bytes."""
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\0\0\0\0\0\xff\xff\xff"
    picture = b"\x21\xf9\4\x08\4\0\0\0\x2c\0\0\0\0" + struct.pack("<HH", side, side) + b"\0\2\2\x44\1\0"
    return head + picture * pictures + b"\x3b"


def deep(name, levels):
    body = b""
    for _ in range(levels):
        body = box(name, body)
    return body


def bombs():
    """(name, bytes, statuses): "video" is read with the usual limits, "video-50ms" with 50 milliseconds."""
    invalid, limit, late = "VIDEO_INVALID", "FORMAT_LIMIT", "TIME_LIMIT"
    million = 1_000_000
    yield "run-of-85e6-samples", fragmented(run(85 * million)), invalid
    yield "run-of-2^32-1-samples", fragmented(run(2**32 - 1)), invalid
    yield "run-with-sizes-of-2^30-samples", fragmented(run(2**30, 0x200, bytes(64))), invalid
    yield "runs-of-200000-samples-40-times", fragmented(*[run(200_000)] * 40), invalid
    yield "fragments-130000-empty-of-200-tracks", movie(*[track()] * 200) + box(b"moof") * 130_000, limit
    yield "fragment-indexes-of-200-tracks", movie(*[track()] * 200) + box(
        b"sidx", numbers(0, 1, 1000, 0, 0, 65_535, *[8, 1000, 0] * 65_535)) * 16, limit
    yield "sizes-equal-of-2^32-1-samples", movie(track(
        stsz=box(b"stsz", numbers(0, 40, 2**32 - 1)), stsc=table(b"stsc", 1, 2**31, 1))), invalid
    yield "sizes-of-2^30-samples", movie(track(stsz=box(b"stsz", numbers(0, 0, 2**30), bytes(64)))), invalid
    yield "sizes-of-nibbles-of-2^31-samples", movie(track(stsz=box(b"stz2", numbers(0, 4, 2**31), bytes(64)))), invalid
    yield "times-of-2^32-samples-20000-times", movie(track(stts=table(b"stts", *[2**32 - 1, 1] * 20_000))), invalid
    yield "times-of-2^29-entries", movie(track(stts=table(b"stts", 1, 1000, count=2**29 - 1))), invalid
    yield "offsets-of-time-of-2^32-samples", movie(track(
        ctts=table(b"ctts", *[2**32 - 1, 0] * 1000))), invalid
    for name, code in (("chunks", b"stco"), ("wide-chunks", b"co64"), ("chunk-runs", b"stsc"), ("keys", b"stss")):
        yield f"{name}-of-2^28", movie(track(**{code.decode(): table(code, FIRST, 1, 1, count=2**28)})), invalid
    sound = track(handler=b"soun", stts=table(b"stts", 2**31, 1), stsc=table(b"stsc", 1, 2**32 - 1, 1),
                  stsz=box(b"stsz", numbers(0, 2, 2**31)), stco=table(b"stco", *[FIRST] * 1000))
    yield "sound-of-2^32-samples-in-a-chunk", movie(track(), sound), invalid
    claims = {"stsz": box(b"stsz", numbers(0, 1, 40 * million)), "stsc": table(b"stsc", 1, 40 * million, 1),
              "stts": table(b"stts", 1, 1)}
    yield "track-within-a-track", movie(track(after=(track(),), **claims)), invalid
    for kind in (b"vide", b"subp", b"clcp"):
        # Sound, as its times say, until another handler comes behind them.
        late_handler = box(b"hdlr", numbers(0, 0), kind, bytes(13))
        lying = {**claims, "stts": claims["stts"] + late_handler, "stco": table(b"stco", 0xFFFFFFF0)}
        yield f"sound-that-becomes-{kind.decode()}", movie(track(handler=b"soun", **lying)), invalid
    for code, before in ((b"sbgp", (0,)), (b"sgpd", (0,)), (b"subs", ()), (b"saio", ()), (b"senc", ())):
        yield f"{code.decode()}-of-2^28", movie(track(
            more=table(code, 1, 1, 1, count=2**28, before=before))), invalid
    yield "saiz-of-2^28", movie(track(more=box(b"saiz", numbers(0), b"\0", numbers(2**28)))), invalid
    yield "one-picture-250000-times", movie(track(
        stts=table(b"stts", 250_000, 40), stsz=box(b"stsz", numbers(0, len(PICTURE), 250_000)),
        stco=table(b"stco", *[FIRST] * 250_000))), limit
    pictures = 1000
    many = {"stts": table(b"stts", pictures, 40), "stsz": box(b"stsz", numbers(0, 1, pictures)),
            "stco": table(b"stco", *range(FIRST, FIRST + pictures))}
    yield "edits-10000", movie(track(edits(10_000), **many)), limit
    yield "edits-87000", movie(track(edits(87_000), **many)), limit
    yield "edits-87000-short", movie(track(edits(87_000, 1), stss=table(b"stss", 1), **many)), limit
    yield "keys-of-metadata-2^28", movie(
        track(), more=(box(b"meta", HANDLER, table(b"keys", 1, 1, count=2**28)),)), invalid
    names = b"".join(box(b"mdta", b"%08d" % i) for i in range(60_000))
    yield "keys-of-metadata-60000", movie(
        track(), more=(box(b"meta", HANDLER, box(b"keys", numbers(0, 60_000), names)),)), limit
    yield "metadata-of-60000-boxes", movie(track(), more=(box(b"udta", box(b"\xa9nam", bytes(4)) * 60_000),)), limit
    yield "tracks-10000", movie(*[track()] * 10_000), limit
    yield "boxes-10000-deep", movie(deep(b"udta", 10_000)), limit
    yield "compressed-index", HEAD + MDAT + box(
        b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", numbers(2**31), zlib.compress(bytes(1 << 24))))), invalid

    yield "matroska-500000-tracks", matroska(element("1654AE6B", short("AE") * 500_000)), limit
    tag = short("67C8", short("45A3", b"%08d") + short("4487", b"x"))
    yield "matroska-60000-tags", matroska(element(
        "1254C367", element("7373", b"".join(tag % i for i in range(60_000))))), limit
    yield "matroska-70000-chapters", matroska(element("1043A770", element("45B9", b"".join(
        short("B6", short("73C4", struct.pack(">I", 70_000 - i)) + short("91", b"\1")) for i in range(70_000))))), limit
    video = element("1654AE6B", element("AE", short("D7", b"\1"), short("73C5", b"\1"), short("83", b"\1"),
                                        short("86", b"V_MJPEG"), short("E0", short("B0", b"\x10") + short("BA", b"\x10"))))
    yield "matroska-70000-cues-backward", matroska(video, element("1C53BB6B", b"".join(
        short("BB", short("B3", struct.pack(">I", 70_000 - i)) + short("B7", short("F7", b"\1") + short("F1", b"\1")))
        for i in range(70_000)))), limit
    yield "matroska-200000-attachments", matroska(video, element("1941A469", short("61A7") * 200_000)), limit
    yield "matroska-of-2^20-empty-elements", matroska(video, element("1654AE6B", short("EC") * 3_000_000)), limit
    nested = b""
    for _ in range(2000):
        nested = element("67C8", nested)
    yield "matroska-2000-deep", matroska(element("1254C367", element("7373", nested))), limit

    yield "avi-index-20000-times", opendml(60_000, 20_000), invalid
    yield "avi-2^31-indexes", opendml(10, 1).replace(
        struct.pack("<HBBI4s12x", 4, 0, 0, 1, b"00dc"), struct.pack("<HBBI4s12x", 4, 0, 0, 2**31, b"00dc")), invalid

    yield "gif-1000-pictures", gif(1024, 1000), late
    yield "gif-100000-pictures", gif(256, 100_000), late
