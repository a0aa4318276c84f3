/// The bytes of a tar on their way to the library, which keeps what it does not know of their headers to
/// itself: comments, extended attributes, the names of owners, and what was left in a header's fields and
/// in a member's last block behind their ends.
final class TarHeaders: ByteStream {
  /// The records since they were taken last, a line each.
  private(set) var text: [UInt8] = []
  /// A header was not where it should be, or too long: those that follow are not read.
  private(set) var isLost = false
  private let base: ByteStream
  /// Where in the archive the next block begins.
  private var position = 0
  private var isDone = false

  private enum Kind {
    case header
    /// What an extended header holds.
    case records
    /// More of the map of a sparse file.
    case map
    /// What fills a member's last block.
    case filling
  }

  /// What is collected next, from `start` on.
  private var kind = Kind.header
  private var start = 0
  private var wanted = blockBytes
  private var bytes: [UInt8] = []
  /// Of the member whose header was read.
  private var size = 0
  /// The next member's, where an extended header says it.
  private var memberBytes: Int?
  /// The last owner and group, which nearly all members share.
  private var owners: [[UInt8]] = [[], []]

  private static let blockBytes = 512
  private static let recordsBytesMax = 1 << 20
  private static let memberBytesMax = 1 << 56
  /// Names and links, which are told elsewhere; times and numbers of the system's.
  private static let usual: Set<String> = [
    "path", "linkpath", "size", "mtime", "atime", "ctime", "uid", "gid", "hdrcharset",
    "LIBARCHIVE.creationtime", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
  ]

  init(_ base: ByteStream) { self.base = base }

  deinit {
    text.wipe()
    bytes.wipe()
  }

  override var seekableBytes: Int? { base.seekableBytes }
  override func secondReader() -> ByteStream? { base.secondReader() }
  override func seek(to offset: Int) {
    position = offset
    base.seek(to: offset)
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    guard let block = base.nextBlock() else {
      trouble = base.trouble
      return nil
    }
    follow(block)
    position += block.count
    return block
  }

  /// Gives the text away.
  func takeText() -> [UInt8] {
    defer { text = [] }
    return text
  }

  private func follow(_ block: UnsafeRawBufferPointer) {
    while !isDone {
      let at = start + bytes.count - position
      guard at < block.count else { return }
      guard at >= 0 else {
        lose()
        return
      }
      bytes += block[at..<min(block.count, at + wanted - bytes.count)]
      guard bytes.count == wanted else { return }
      start += wanted
      switch kind {
      case .header: takeHeader()
      case .records: takeRecords()
      case .map: if bytes[504] == 0 { passBody() }
      case .filling:
        addFilling(bytes[...])
        beginHeader()
      }
      bytes.removeAll(keepingCapacity: true)
    }
  }

  private func lose() {
    isDone = true
    isLost = true
  }

  private func takeHeader() {
    guard ContentKind.isTar(bytes) else {
      isDone = true
      // The mark of the end.
      isLost = bytes.contains { $0 != 0 }
      return
    }
    let type = bytes[156]
    size = TarHeaders.number(bytes[124..<136])
    switch type {
    case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "X"):
      guard size <= TarHeaders.recordsBytesMax else { return lose() }
      guard size > 0 else { return }
      kind = .records
      wanted = (size + 511) & ~511
      return
    // A long name or link, which the library tells.
    case UInt8(ascii: "L"), UInt8(ascii: "K"): break
    default:
      size = memberBytes ?? size
      memberBytes = nil
      noteOwners()
      noteLeftovers()
      // Links, devices, directories and pipes have no bytes, whatever they say.
      if (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type) { size = 0 }
    }
    guard (0...TarHeaders.memberBytesMax).contains(size) else { return lose() }
    if type == UInt8(ascii: "S"), bytes[482] != 0 { kind = .map } else { passBody() }
  }

  private func passBody() {
    start += size
    wanted = -size & 511
    kind = .filling
    if wanted == 0 { beginHeader() }
  }

  private func beginHeader() {
    kind = .header
    wanted = TarHeaders.blockBytes
  }

  /// What stands behind the end of a text in its field: the member's name, a link's end, the owners.
  private func noteLeftovers() {
    for field in [0..<100, 157..<257, 265..<297, 297..<329] {
      addFilling(bytes[field].drop { $0 != 0 })
    }
  }

  /// Nearly always zeros.
  private func addFilling(_ filling: ArraySlice<UInt8>) {
    if Asides.mayHold(filling) { add("filling", filling.drop { $0 == 0 }) }
  }

  private func noteOwners() {
    guard bytes[257..<262].elementsEqual("ustar".utf8) else { return }
    let names = [bytes[265..<297], bytes[297..<329]].map { field in Array(field.prefix { $0 != 0 })
    }
    for (index, name) in names.enumerated() where owners[index] != name {
      owners[index] = name
      add(index == 0 ? "owner" : "group", name)
    }
  }

  /// Records of `LENGTH KEY=VALUE` and a line feed (POSIX, pax, "pax Extended Header").
  private func takeRecords() {
    beginHeader()
    var rest = bytes[...]
    while let blank = rest.firstIndex(of: 0x20),
      let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
      length > blank - rest.startIndex, length <= rest.count
    {
      let record = rest[(blank + 1)..<(rest.startIndex + length)]
      rest = rest[(rest.startIndex + length)...]
      let key = record.prefix { $0 != 0x3D }
      let name = String(decoding: key, as: UTF8.self)
      let value = record[key.endIndex...].dropFirst().dropLast()
      if name == "size" { memberBytes = Int(String(decoding: value, as: UTF8.self)) }
      if !TarHeaders.usual.contains(name) { add(name, value) }
    }
    // What is no record is kept as it is.
    let filling = rest.prefix { $0 == 0 }.count
    if filling < rest.count { add("header", rest) }
  }

  private func add(_ name: String, _ value: some Collection<UInt8>) {
    guard !value.isEmpty else { return }
    text += name.utf8
    text.append(0x3D)
    text += value
    text.append(0x0A)
  }

  /// Octal digits, or with the first bit set a number in binary.
  private static func number(_ field: ArraySlice<UInt8>) -> Int {
    if field.first.map({ $0 & 0x80 != 0 }) == true {
      return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    return field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
      .reduce(0) { $0 << 3 | Int($1 & 7) }
  }
}
