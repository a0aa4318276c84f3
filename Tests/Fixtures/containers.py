"""Makes one file of every container that is read, and hostile ones, in the directory given.

Only published test numbers. What must be found in each is listed in ContainerTests.swift.
"""
import base64, bz2, gzip, io, lzma, os, sqlite3, struct, subprocess, sys, tarfile, zipfile, zlib

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
for folder in ("good", "bad"):
    os.makedirs(folder, exist_ok=True)
LOG = b"info nothing\ncard=4111111111111111 exp 11/29\n"


def write(name, data):
    with open(name, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def tar(files, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def noted(comment, extra=b""):
    """A zip whose one member has a comment and a field that nobody knows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a.txt")
        info.comment = comment
        if extra:
            info.extra = struct.pack("<HH", 0x9999, len(extra)) + extra
        archive.writestr(info, b"nothing\n")
    return out.getvalue()


def gapped(gap):
    """A zip with something between its member and its directory, which knows where it is."""
    data = zipped([("a.txt", b"nothing\n")], zipfile.ZIP_STORED)
    at = data.index(b"PK\1\2")
    return data[:at] + gap + data[at:-6] + struct.pack("<I", at + len(gap)) + data[-2:]


def owned():
    """A tar whose headers hold more than libarchive tells of them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        notes = {"comment": "card 4111111111111111 exp 11/29", "mtime": "1.4242424242424242",
                 "SCHILY.ino": "4012888888881881"}
        # Its size stands in the extended header alone.
        for name, data, more in [("a.txt", b"nothing\n" * 200, {"size": "1600"}),
                                 ("b.log", LOG, {"SCHILY.xattr.user.card": "5555555555554444"})]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.uname, info.gname = "u4012888888881881", "ops"
            info.pax_headers = {**notes, **more}
            archive.addfile(info, io.BytesIO(data))
            notes = {}
    return out.getvalue()


def zip64(data, gap):
    """All that the directory says has 64 bits; something stands between the member and the directory."""
    ones = 0xFFFFFFFF
    member = b"PK\3\4" + struct.pack("<5HIII2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data),
                                     len(data), 5, 0) + b"a.txt" + data + gap
    large = struct.pack("<2H3Q", 1, 24, len(data), len(data), 0)
    entry = b"PK\1\2" + struct.pack("<6H3I5H2I", 45, 45, 0, 0, 0, 33, zlib.crc32(data), ones, ones,
                                    5, len(large), 0, 0, 0, 0, ones) + b"a.txt" + large
    end = len(member) + len(entry)
    return member + entry + b"PK\6\6" + struct.pack(
        "<Q2H2I4Q", 44, 45, 45, 0, 0, 1, 1, len(entry), len(member)) + b"PK\6\7" + struct.pack(
        "<IQI", 0, end, 1) + b"PK\5\6" + struct.pack(
        "<4H2IH", 0, 0, 0xFFFF, 0xFFFF, ones, ones, 0)


def program(*arguments):
    return subprocess.run(arguments, input=LOG, stdout=subprocess.PIPE, check=True).stdout


def pdf(lines):
    text = b"BT /F1 12 Tf 72 720 Td " + b" ".join(b"(%s) Tj 0 -16 Td" % l for l in lines) + b" ET"
    packed = zlib.compress(text)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\n" % table \
        + b"startxref\n%d\n%%%%EOF\n" % len(out)


def rar4(name, data):
    """Version 4 without compression: there is no free program that writes it."""
    def block(kind, flags, body, extra=b""):
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + extra
    file = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x5A21A000, 20, 0x30,
                       len(name), 0o100644) + name
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, b"\0" * 6) + block(0x74, 0x8000, file, data) \
        + block(0x7B, 0x4000, b"")


def database():
    if os.path.exists("made.db"):
        os.remove("made.db")
    connection = sqlite3.connect("made.db")
    connection.execute("create table cards(id integer primary key, number text)")
    connection.execute("insert into cards(number) values('4111111111111111')")
    connection.commit()
    connection.close()
    with open("made.db", "rb") as file:
        data = file.read()
    os.remove("made.db")
    return data


def bsdtar(name, *arguments):
    write("app.log", LOG)
    subprocess.run(["bsdtar", "-cf", name, *arguments, "app.log"], check=True)
    os.remove("app.log")


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ' \
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
O = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" ' \
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ' \
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
XML = '<?xml version="1.0" encoding="UTF-8"?>'


def sheet(rows):
    return f'{XML}<worksheet {S}><sheetData>{rows}</sheetData></worksheet>'


WORKBOOK = zipped([
    ("[Content_Types].xml", "<Types/>"),
    ("xl/worksheets/sheet1.xml", sheet(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
        '<c r="C1" t="inlineStr"><is><t>Card number</t></is></c><c r="D1" t="s"><v>3</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>2</v></c>'
        '<c r="C2"><v>4.11111111111111E+15</v></c><c r="D2"><v>737</v></c></row>'
        '<row r="3"><c r="A3"><v>4012888888881880</v></c><c r="B3"><v>378282246310005</v></c></row>')),
    ("xl/sharedStrings.xml", f'{XML}<sst {S}><si><t>id</t></si><si><t>PAN</t></si>'
        '<si><r><t>5555</t></r><r><t>555555554444</t></r></si><si><t>cvv</t></si></sst>'),
])
MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: order\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="XX"\r\n\r\npreamble\r\n--XX\r\n'
    b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"card=3D4111 1111 =\r\n1111 1111\r\n--XX\r\n"
    b'Content-Type: application/zip; name="f.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.encodebytes(zipped([("x.txt", LOG)])) + b"--XX--\r\n")

os.chdir("good")
write("a.gz", gzip.compress(LOG))
write("noname", gzip.compress(LOG))
write("twice.gz.gz", gzip.compress(gzip.compress(LOG)))
write("joined.gz", gzip.compress(b"first\n") + gzip.compress(LOG))
write("a.bz2", bz2.compress(LOG))
write("a.xz", lzma.compress(LOG))
write("a.lzma", lzma.compress(LOG, format=lzma.FORMAT_ALONE))
write("a.zst", program("zstd", "-q", "-c"))
write("a.lz4", program("lz4", "-q", "-c"))
write("t.tar", tar([("logs/app.log", LOG)]))
write("t.tar.gz", tar([("logs/app.log", LOG), ("logs/b.log.gz", gzip.compress(LOG))], "w:gz"))
write("t.tar.bz2", tar([("app.log", LOG)], "w:bz2"))
write("t.tar.xz", tar([("app.log", LOG)], "w:xz"))
bsdtar("t.tar.Z", "-Z")
bsdtar("b.7z", "--format", "7zip")
bsdtar("b.cpio", "--format", "cpio")
bsdtar("new.cpio", "--format", "newc")
bsdtar("b.ar", "--format", "ar")
write("r.rar", rar4(b"app.log", LOG))
write("outer.zip", zipped([
    ("x/app.log", LOG), ("inner.tar.gz", tar([("logs/app.log", LOG)], "w:gz")),
    ("q.zip", zipped([("deep.txt", LOG)])), ("b.7z", open("b.7z", "rb").read())]))
write("lib.jar", zipped([("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"), ("c.properties", LOG)]))
write("stored.zip", zipped([("a.txt", LOG)], zipfile.ZIP_STORED))
write("db.gz", gzip.compress(database()))
write("db.tar.gz", tar([("v/x.db", database()), ("after.log", LOG)], "w:gz"))
write("d.docx", zipped([
    ("[Content_Types].xml", "<Types/>"),
    ("word/document.xml", f'{XML}<w:document {W}><w:body><w:p><w:r><w:t>order</w:t></w:r></w:p>'
        '<w:p><w:r><w:t xml:space="preserve">card 4111</w:t></w:r><w:r><w:rPr><w:b/></w:rPr>'
        '<w:t>1111 11111111</w:t></w:r></w:p></w:body></w:document>')]))
write("p.pptx", zipped([
    ("ppt/slides/slide1.xml", f'{XML}<p:sld {P}><a:p><a:r><a:t>card 41111111</a:t></a:r>'
        '<a:r><a:t>11111111</a:t></a:r></a:p></p:sld>')]))
write("t.odt", zipped([
    ("content.xml", f'{XML}<office:document-content {O}><office:body><office:text><text:p>card 4111'
        '<text:span>1111</text:span>11111111</text:p></office:text></office:body>'
        '</office:document-content>')]))
write("s.ods", zipped([
    ("content.xml", f'{XML}<office:document-content {O}><office:body><office:spreadsheet>'
        '<table:table table:name="Cards"><table:table-row><table:table-cell><text:p>id</text:p>'
        '</table:table-cell><table:table-cell><text:p>card number</text:p></table:table-cell>'
        '</table:table-row><table:table-row table:number-rows-repeated="3"><table:table-cell/>'
        '<table:table-cell office:value-type="float" office:value="4111111111111111"><text:p>4.1E+15'
        '</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>'
        '</office:body></office:document-content>')]))
write("x.xlsx", WORKBOOK)
write("m.eml", MAIL)
write("box.mbox", b"From a@example.org Mon\n" + MAIL + b"\n\nFrom b@example.org Tue\n" + MAIL)
write("page.html", "<!DOCTYPE html>\n<html><body>\n<p>x</p>\n<p>card <b>4111</b><span>1111</span>"
      "11111111</p>\n<p>4242424242424242</p></body></html>")
write("r.rtf", r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 card: {\b 4111 1111} 1111 1111\par done}")
write("h.har", '{"log":{"entries":[{"request":{"postData":{"text":"card=4111111111111111"}}}]}}')
write("i.pdf", pdf([b"Invoice", b"card 4111 1111 1111 1111 exp 11/29"]))
write("p.zip", zipped([("doc/i.pdf", pdf([b"Invoice", b"card 4111 1111 1111 1111"]))]))

def unlisted(data):
    """A zip file with a member that its directory does not have."""
    whole = zipped([("a.txt", b"nothing\n"), ("b.txt", data), ("c.txt", b"nothing\n")])
    end = whole.rindex(b"PK\5\6")
    size, start = struct.unpack("<II", whole[end + 12:end + 20])
    entries = whole[start:end].split(b"PK\1\2")[1:]
    kept = b"".join(b"PK\1\2" + entry for entry in entries if b"b.txt" not in entry)
    return whole[:start] + kept + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, len(kept), start, 0)


def commented(comment):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"nothing\n")
        archive.comment = comment
    return out.getvalue()


write("tail.gz", gzip.compress(b"nothing\n") + b"\0" * 600 + LOG)
write("tail.bz2", bz2.compress(b"nothing\n") + b"card=4111111111111111\n")
write("long.bz2", bz2.compress(b"nothing\n") + b"\n" * 300000 + LOG)
write("tail.lz4", open("a.lz4", "rb").read() + LOG)
write("tail.lzma", lzma.compress(b"nothing\n", format=lzma.FORMAT_ALONE) + LOG)
write("tail.tar", tar([("a.log", b"nothing\n")]) + LOG)
write("two.tar", tar([("a.log", LOG)]) + tar([("b.log", LOG)]))
write("two.tar.gz", gzip.compress(tar([("a.log", LOG)]) + tar([("b.log", LOG)])))
write("two.cpio", open("new.cpio", "rb").read() + open("b.cpio", "rb").read())
write("tail.7z", open("b.7z", "rb").read() + LOG)
write("tail.zip", zipped([("a.txt", b"nothing\n")]) + LOG)
write("comment.zip", commented(LOG))
write("noted.zip", noted(LOG))
write("field.zip", noted(b"", LOG + b"\n" * 40))
write("small.zip", noted(b"", b"card=4111111111111111"))
write("gap.zip", gapped(b"card=4111111111111111"))
write("owned.tar", owned())
write("large.zip", zip64(b"nothing\n", LOG + b"\n" * 40))
write("tail.ar", open("b.ar", "rb").read() + b"\ncard=4111111111111111\n")
write("tail.rar", rar4(b"a.log", b"nothing\n") + LOG)
write("run.jar", b"#!/bin/sh\nexec java -jar $0\n" + zipped([("c.properties", LOG)]))
write("run.exe", b"MZ" + b"\0" * 510 + zipped([("a.txt", LOG)]) + b"\n")
write("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 40 + zipped([("a.txt", LOG)]))
write("text.zip", LOG + zipped([("a.txt", LOG)]))
write("end.txt", LOG + b"PK\5\6" + b"\0" * 18)
write("runs.tar", tar([("run.pyz", b"#!/usr/bin/env python3\n" + zipped([("a.py", LOG)]))]))
write("a.zlib", zlib.compress(LOG))
write("text.zlib", b"x\x01\x07 is not the beginning of zlib: card=4111111111111111\n")
write("late.pdf", b"\r\n@PJL ENTER LANGUAGE=PDF\r\n" + pdf([b"card 4111 1111 1111 1111"]))

os.chdir("../bad")
noise = b"".join(b"line %d %s\n" % (i, zlib.crc32(b"%d" % i).to_bytes(4, "big").hex().encode())
                 for i in range(4000))
write("cut.gz", gzip.compress(LOG + noise)[:20000])
write("cut.tar.gz", tar([("a.log", LOG), ("b.log", noise)], "w:gz")[:12000])
write("cut.zip", zipped([("a.log", LOG), ("b.log", noise)])[:15000])
write("cut.xz", lzma.compress(LOG + noise)[:12000])
write("cut.pdf", pdf([b"card 4111 1111 1111 1111"])[:200])
write("picture.pdf", pdf([]))
write("bomb.xz", lzma.compress(b"\0" * (100 << 20), preset=0))
write("bomb.gz.gz", gzip.compress(gzip.compress(b"\0" * (100 << 20), 1)))
data = LOG
for level in range(10000):
    data = gzip.compress(data, 0)
write("deep.gz", data)
write("up.tar", tar([("../../etc/unpan-was-here", LOG), ("/unpan-was-here", LOG),
                     ("a\x1b[31m\n!b", LOG)]))
links = io.BytesIO()
with tarfile.open(fileobj=links, mode="w") as archive:
    for name, kind in (("loop", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, name
        archive.addfile(info)
    info = tarfile.TarInfo("real")
    info.size = len(LOG)
    archive.addfile(info, io.BytesIO(LOG))
write("links.tar", links.getvalue())
packer = zlib.compressobj(1, wbits=31)
entries = tarfile.TarInfo("e").tobuf() * 10000
packed = b"".join(packer.compress(entries) for _ in range(100))
write("million.tar.gz", packed + packer.compress(b"\0" * 1024) + packer.flush())
many = io.BytesIO()
with zipfile.ZipFile(many, "w") as archive:
    for number in range(70000):
        archive.writestr(zipfile.ZipInfo("m%d" % number), b"")
    archive.writestr("last.txt", LOG)
write("many.zip", many.getvalue())
write("unlisted.zip", unlisted(LOG))
# Too large to be held inside another container, so that it is read from front to back. Its one large
# member says that it is encrypted.
large = bytearray(zipped([("a.bin", b"\0" * (36 << 20))], zipfile.ZIP_STORED))
large[6] |= 1
large[large.rindex(b"PK\1\2") + 8] |= 1
write("large.zip.gz", gzip.compress(bytes(large), 1))
lost = noted(LOG)
write("undirected.zip", lost[:-10])
write("lost.zip", lost[:-10] + b"\xff\xff\xff\x7f" + lost[-6:])
write("crc.zip", zipped([("a.log", LOG), ("b.log", LOG)], zipfile.ZIP_STORED).replace(
    b"info nothing", b"info n0thing", 1))
write("end.tar", tar([("a.log", LOG), ("b.log", LOG)]).rstrip(b"\0") + b"\0" * (512 - len(LOG)))
connection = sqlite3.connect("log.db")
connection.execute("pragma journal_mode = wal")
connection.execute("create table cards(id integer primary key, number integer)")
connection.execute("insert into cards(number) values(4111111111111111)")
connection.commit()
write("log.tar", tar([("log.db-wal", open("log.db-wal", "rb").read())]))
connection.close()
os.remove("log.db")
write("locked.odt", zipped([
    ("META-INF/manifest.xml", f'{XML}<manifest:manifest><manifest:file-entry>'
        '<manifest:encryption-data/></manifest:file-entry></manifest:manifest>'),
    ("content.xml", b"\x93\x01\x88\xfe" * 40)]))
write("bombs.tar", tar([("a.log", LOG), ("bomb.xz", lzma.compress(b"\0" * (100 << 20), preset=0)),
                        ("b.log", LOG)]))
write("secret.txt", LOG)
subprocess.run(["bsdtar", "-cf", "secret.zip", "--format", "zip", "--options",
                "zip:encryption=traditional", "--passphrase", "x", "secret.txt"], check=True)
os.remove("secret.txt")
write("fake.gz", b"\x1f\x8b\x08" + b"card=4111111111111111 " * 20)
