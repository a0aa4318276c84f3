import Core

/// What is known by its first bytes and cannot be read, or not all of it. Its bytes are scanned as they
/// are.
struct UnreadableKind: Sendable, Equatable {
  let reason: Coverage.Reason
  /// A sentence for the coverage.
  let detail: String
  /// What it is, in a few words behind "is".
  let name: String
  /// What its bytes are read as.
  var field = Chunk.Field.none

  /// - Parameters:
  ///   - head: up to 4 KiB.
  ///   - name: for those few that have no mark of their own.
  /// - Returns: `nil` for nearly everything, and soon.
  init?(_ head: [UInt8], name file: [UInt8]) {
    guard head.count >= 4 else { return nil }
    if UnreadableKind.firstBytes[Int(head[0])],
      let row = UnreadableKind.table.first(where: { head.starts(with: $0.magic) })
    {
      self = row.kind
      if row.magic == UnreadableKind.compound, head.holds(UnreadableKind.encryptedPackage) {
        self = .encrypted("an office document")
      }
    } else if UnreadableKind.firstLetters[Int(head[0])],
      let row = UnreadableKind.letters.first(where: { head.starts(with: $0.magic) }),
      row.isBehind(head[row.magic.count...])
    {
      self = row.kind
    } else if UnreadableKind.isLZH(head) {
      self = .compressed("lzh")
    } else if UnreadableKind.isDBase(head) {
      self = .packed("a table of dBase or FoxPro (.dbf)", "Export it as CSV.")
    } else if UnreadableKind.isPGP(head) {
      self = .encrypted("a message of PGP")
    } else if UnreadableKind.isBehindSpace(head) {
      self.init(
        .corrupt, "Blanks stand before what is packed as gzip. Remove them, then scan it.",
        name: "packed as gzip, with blanks before it")
    } else if let name = ServerFiles.name(head, file: file) {
      self = UnreadableKind.packed(name, UnreadableKind.serverCure)
    } else if UnreadableKind.isPointer(head) {
      self.init(
        .storedElsewhere, "Git LFS keeps its content elsewhere. Fetch it: git lfs pull.",
        name: "what Git LFS leaves in a file's place")
    } else {
      return nil
    }
  }

  private init(
    _ reason: Coverage.Reason, _ detail: String, name: String, field: Chunk.Field = .none
  ) {
    self.reason = reason
    self.detail = detail
    self.name = name
    self.field = field
  }

  private static func compressed(_ name: String) -> UnreadableKind {
    UnreadableKind(
      .unsupported, "It is compressed with \(name), which is not read. Unpack it first.",
      name: "compressed with \(name)")
  }

  private static func packed(_ name: String, _ cure: String) -> UnreadableKind {
    UnreadableKind(
      .unsupported,
      "It is \(name): its bytes were read as they are, what is packed in it was not. \(cure)",
      name: name)
  }

  private static func encrypted(_ name: String) -> UnreadableKind {
    UnreadableKind(
      .encrypted, "It is \(name) that is encrypted. Scan it decrypted.",
      name: "\(name) that is encrypted")
  }

  private static func log(_ magic: [UInt8]) -> (magic: [UInt8], kind: UnreadableKind) {
    (
      magic,
      UnreadableKind(
        .unsupported,
        "It is the log of a SQLite database, read page by page. Scan it beside its database.",
        name: "the log of a SQLite database", field: .pages)
    )
  }

  private static let compound: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
  /// The name of a stream, in UTF-16.
  private static let encryptedPackage: StaticString =
    "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"

  private static let serverCure = "Scan the server: postgres://…, mariadb://… or mysql://…."

  /// A new kind is one line here.
  private static let table: [(magic: [UInt8], kind: UnreadableKind)] = [
    ([0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D, 0x0A, 0x1A, 0x0A], .compressed("lzop")),
    (text("LRZI\0"), .compressed("lrzip")),
    ([0x1F, 0xA0], .compressed("compress -H")),
    ([0x1F, 0x1E], .compressed("pack")),
    ([0xFF, 0x06, 0, 0] + text("sNaPpY"), .compressed("snappy")),
    (
      compound,
      .packed(
        "an office file of the old kind (.doc, .xls, .msg) or an encrypted one",
        "Save it as docx, xlsx or eml.")
    ),
    (text("ARROW1\0\0"), .packed("an Arrow file", "Export it as Parquet or CSV.")),
    (text("Obj\u{1}"), .packed("an Avro file", "Export it as Parquet or JSON.")),
    (
      [0x78, 0x9F, 0x3E, 0x22],
      .packed("a mail of Outlook's in TNEF (winmail.dat)", "Unpack it first: tnef FILE.")
    ),
    (text("bplist0"), .packed("a property list in binary", "Convert it: plistutil -i FILE.")),
    (text("MSWIM\0\0\0"), .packed("a WIM image", "Unpack it first.")),
    (text("PACK\0\0\0\u{2}"), .packed("a pack of git", "Scan its repository: git:PATH.")),
    (text("PACK\0\0\0\u{3}"), .packed("a pack of git", "Scan its repository: git:PATH.")),
    (text("# v2 git bundle\n"), .packed("a bundle of git", "Scan it as git:PATH.")),
    (text("# v3 git bundle\n"), .packed("a bundle of git", "Scan it as git:PATH.")),
    (text("LPKSHHRH"), .packed("a journal of systemd", "Scan: journalctl --file FILE -o export.")),
    (
      [0xFE] + text("bin"),
      .packed("a binary log of MariaDB or MySQL", "Scan: mysqlbinlog -v FILE.")
    ),
    (
      [0xFE, 0xFE, 0x07, 0x01],
      .packed("a table of a MariaDB or MySQL server (MyISAM)", serverCure)
    ),
    (
      [0xFE, 0xFE, 0x08],
      .packed("the packed rows of a MariaDB or MySQL server (MyISAM)", serverCure)
    ),
    ([0xFE, 0xFE, 0x09, 0x03], .packed("a table of a MariaDB server (Aria)", serverCure)),
    ([0xFE, 0xFE, 0x0A, 0x01], .packed("the packed rows of a MariaDB server (Aria)", serverCure)),
    // The record that a sheet begins with, which is empty ([MS-XLSB], 2.4.37).
    ([0x81, 0x01, 0], .packed("a sheet of a binary workbook (.xlsb)", "Save it as xlsx.")),
    (text("-----BEGIN PGP MESSAGE-----"), .encrypted("a message of PGP")),
    (text("age-encryption.org/v1\n"), .encrypted("a file of age")),
    (text("-----BEGIN AGE ENCRYPTED FILE-----"), .encrypted("a file of age")),
    (text("$ANSIBLE_VAULT;"), .encrypted("a vault of Ansible")),
    (text("LUKS") + [0xBA, 0xBE], .encrypted("a volume of LUKS")),
    ([0x03, 0xD9, 0xA2, 0x9A], .encrypted("a store of KeePass")),
    log([0x37, 0x7F, 0x06, 0x82]),
    log([0x37, 0x7F, 0x06, 0x83]),
  ]

  /// Magic that words of a text begin with as well, so that what stands behind it must tell.
  private static let letters:
    [(
      magic: [UInt8], kind: UnreadableKind, isBehind: @Sendable (ArraySlice<UInt8>) -> Bool
    )] = [
      (
        text("ORC"), .packed("an ORC file", "Export it as Parquet or CSV."),
        { ContentKind.holdsControl($0.prefix(16)) }
      ),
      (
        text("!BDN"), .packed("a store of Outlook (.pst, .ost)", "Export it as mbox or eml."),
        ContentKind.holdsControl
      ),
      (
        text("FEA1"), .packed("a Feather file", "Export it as Parquet or CSV."),
        ContentKind.holdsControl
      ),
      (text("xar!"), .packed("a xar archive", "Unpack it first."), ContentKind.holdsControl),
      (text("hsqs"), .packed("a squashfs image", "Unpack it first."), ContentKind.holdsControl),
      (
        text("Phys"), .packed("a log of a MariaDB server (InnoDB)", serverCure),
        ContentKind.holdsControl
      ),
      (
        text("<?xml"),
        .packed("a workbook of Excel 2003 (XML), its long numbers rounded", "Save it as xlsx."),
        { Array($0).holds("urn:schemas-microsoft-com:office:spreadsheet", within: 1024) }
      ),
      (
        PostgreSQLDump.magic,
        .packed("the contents of a directory dump", "Scan: pg_restore -f - DIRECTORY."),
        PostgreSQLDump.isDirectory
      ),
      (
        text("REDIS"), .packed("a dump of Redis", "Scan what redis-cli reads from the server."),
        isRedis
      ),
      (
        text("Salted__"), .encrypted("a file of OpenSSL's"),
        { $0.contains { $0 >= 0x80 } || ContentKind.holdsControl($0) }
      ),
      (text("U2FsdGVkX1"), .encrypted("a file of OpenSSL's"), isSalted),
    ]

  private static let firstBytes = flags(of: table.map(\.magic))
  private static let firstLetters = flags(of: letters.map(\.magic))

  private static func flags(of magics: [[UInt8]]) -> [Bool] {
    var flags = [Bool](repeating: false, count: 256)
    for magic in magics { flags[Int(magic[0])] = true }
    return flags
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// The version in four digits, then an opcode or the kind of the first value.
  private static func isRedis(_ rest: ArraySlice<UInt8>) -> Bool {
    guard rest.count > 4, rest.prefix(4).allSatisfy({ (0x30...0x39).contains($0) }) else {
      return false
    }
    let code = rest[rest.startIndex + 4]
    return code >= 0xF0 || ContentKind.holdsControl(rest)
  }

  /// Behind `Salted_` in base64 the last of its bytes and the salt: a line of base64 and nothing else.
  private static func isSalted(_ rest: ArraySlice<UInt8>) -> Bool {
    guard let first = rest.first, [0x38, 0x39, 0x2B, 0x2F].contains(first) else { return false }
    let line = rest.prefix { $0 != 0x0A && $0 != 0x0D }
    return line.count >= 14
      && line.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x3D: true
        default: false
        }
      }
  }

  /// The method, for example `-lh5-`, stands behind a length and a sum; the header's level, up to 3,
  /// stands at the same place in each of them.
  private static func isLZH(_ head: [UInt8]) -> Bool {
    guard head.count >= 22, head[2] == 0x2D, head[3] == 0x6C, head[6] == 0x2D, head[20] <= 3 else {
      return false
    }
    let digit = (0x30...0x37).contains(head[5])
    return head[4] == 0x68 && (digit || head[5] == 0x64)
      || head[4] == 0x7A && (digit || head[5] == 0x73)
  }

  /// The version (dBase III to 7 and FoxPro, with and without memos), the day of the last change, the
  /// lengths of the header and of a row, two reserved bytes, and a name, the first field's or a driver's.
  private static func isDBase(_ head: [UInt8]) -> Bool {
    guard [0x03, 0x04, 0x30, 0x31, 0x32, 0x83, 0x8B, 0x8C, 0xF5].contains(head[0]),
      head.count > 64, (1...12).contains(head[2]), (1...31).contains(head[3]),
      head[12] == 0, head[13] == 0
    else { return false }
    let headerBytes = Int(head[8]) | Int(head[9]) << 8
    let rowBytes = Int(head[10]) | Int(head[11]) << 8
    return headerBytes > 64 && rowBytes > 1 && (0x41...0x7A).contains(head[32])
  }

  /// A packet with a key for the message (RFC 9580, sections 4.2, 5.1 and 5.3), in each of the ways
  /// its length is written.
  private static func isPGP(_ head: [UInt8]) -> Bool {
    guard head.count >= 16 else { return false }
    // For a public key: version 3, the key's id, one of the algorithms for that.
    func isKey(_ at: Int) -> Bool {
      head[at] == 3 && [1, 2, 16, 18, 25, 26].contains(head[at + 9])
    }
    return switch head[0] {
    case 0x84: isKey(2)
    case 0x85: isKey(3)
    case 0xC1: isKey(2) || isKey(3)
    // For a password: version 4, the cipher, how the key is made of it.
    case 0x8C, 0xC3: head[2] == 4 && (1...13).contains(head[3]) && [0, 1, 3, 4].contains(head[4])
    default: false
    }
  }

  /// The short text that stands for a file which Git LFS keeps (its specification, "The Pointer").
  private static func isPointer(_ head: [UInt8]) -> Bool {
    head[0] == UInt8(ascii: "v") && head.count < 1024
      && head.starts(with: text("version https://git-lfs.github.com/spec/"))
      && head.holds("\noid sha256:")
  }

  private static func isBehindSpace(_ head: [UInt8]) -> Bool {
    guard Documents.isSpace(head[0]) else { return false }
    let start = head.prefix(64).firstIndex { !Documents.isSpace($0) } ?? head.count
    return head[start...].starts(with: [0x1F, 0x8B, 8])
  }
}

extension Coverage.Reason {
  /// Only what stands for it is here.
  static let storedElsewhere = Coverage.Reason(rawValue: "stored-elsewhere")
}
