import Native

/// What a PDF file holds beside its pages and what stands in it as bytes: attachments, objects that are
/// packed (notes, document information), text that no page may show any more, and what follows its end.
struct PDFStreams {
  /// In the order of the file.
  private(set) var found: [Stream] = []
  /// Those that may hold text.
  private(set) var texts: [Stream] = []
  /// Strings and streams are encrypted, though pages may be shown.
  private(set) var isEncrypted = false
  /// There are more than were taken down.
  private(set) var isCut = false
  /// Where the last mark of an end stands.
  private(set) var end: Int?

  struct Stream {
    var name: String
    var range: Range<Int>
    /// As its dictionary says, it is packed or encoded.
    var hasFilter: Bool
    /// May hold text as pages do.
    var isText = false

    fileprivate func clamped(to size: Int) -> Stream {
      var stream = self
      stream.range = min(range.lowerBound, size)..<min(range.upperBound, size)
      return stream
    }
  }

  /// What its dictionary says of a stream that is opened, and what the stream is called.
  private static let kinds: [(mark: StaticString, name: String)] = [
    ("/EmbeddedFile", "attachment"), ("/ObjStm", "objects"), ("/Metadata", "metadata"),
  ]
  /// What a dictionary says of a stream that holds no text: images, fonts, tables of objects.
  private static let others: [StaticString] = [
    "/Image", "/Length1", "/Type1C", "/CIDFontType0C", "/OpenType", "/XRef", "/ICCBased",
  ]
  private static let textName = "text"
  private static let word = Array("stream".utf8)
  private static let endMark = Array("%%EOF".utf8)
  private static let encryption = Array("/Encrypt".utf8)
  /// A dictionary is looked for so far before its stream.
  private static let dictionaryBytes = 2048
  /// A word and the end of its line.
  private static let wordBytes = 10
  static let streamsMax = 10_000
  /// Pages have one each, or more.
  private static let textsMax = 100_000

  /// The stream whose end has not come.
  private var open: Stream?
  /// How many of each name there were.
  private var counts: [String: Int] = [:]
  /// Bytes before are those of a stream whose length is known.
  private var next = 0

  /// - Parameter stream: read to its end.
  init(_ stream: ByteStream) {
    var bytes: [UInt8] = []
    var start = 0
    var from = 0
    defer { bytes.wipe() }
    while let block = stream.nextBlock(), !block.isEmpty {
      let dropped = max(0, bytes.count - PDFStreams.dictionaryBytes)
      bytes.removeFirst(dropped)
      start += dropped
      from -= dropped
      bytes += block
      let end = max(from, bytes.count - PDFStreams.wordBytes)
      look(bytes, start, from..<end)
      from = end
    }
    look(bytes, start, from..<bytes.count)
    let size = start + bytes.count
    if let open { close(open, at: size) }
    found = found.map { $0.clamped(to: size) }
    texts = texts.map { $0.clamped(to: size) }
  }

  /// - Parameters:
  ///   - start: where the bytes stand in the file.
  ///   - range: where words may begin.
  private mutating func look(_ bytes: [UInt8], _ start: Int, _ range: Range<Int>) {
    if !PDFStreams.places(of: PDFStreams.encryption, bytes, range).isEmpty { isEncrypted = true }
    if let last = PDFStreams.places(of: PDFStreams.endMark, bytes, range).last {
      end = start + last + PDFStreams.endMark.count
    }
    for at in PDFStreams.places(of: PDFStreams.word, bytes, range) where start + at >= next {
      if at >= 3, bytes[at - 3..<at].elementsEqual("end".utf8) {
        if let open { close(open, at: start + at - 3) }
        continue
      }
      var body = at + PDFStreams.word.count
      if body < bytes.count, bytes[body] == 0x0D { body += 1 }
      guard open == nil, body < bytes.count, bytes[body] == 0x0A else { continue }
      begin(Array(bytes[max(0, at - PDFStreams.dictionaryBytes)..<at]), at: start + body + 1)
    }
  }

  private mutating func begin(_ before: [UInt8], at start: Int) {
    var dictionary = before
    if let object = PDFStreams.last(Array(" obj".utf8), in: before) {
      dictionary = Array(before[object...])
    }
    let kind = PDFStreams.kinds.first { dictionary.holds($0.mark) }
    if kind == nil, PDFStreams.others.contains(where: { dictionary.holds($0) }) { return }
    let stream = Stream(
      name: kind?.name ?? PDFStreams.textName, range: start..<start,
      hasFilter: dictionary.holds("/Filter"), isText: kind == nil)
    if let length = PDFStreams.length(dictionary) {
      next = start + length
      close(stream, at: next)
    } else {
      open = stream
    }
  }

  private mutating func close(_ stream: Stream, at end: Int) {
    open = nil
    var stream = stream
    stream.range = stream.range.lowerBound..<max(end, stream.range.lowerBound)
    counts[stream.name, default: 0] += 1
    stream.name += " \(counts[stream.name] ?? 0)"
    if stream.isText {
      if texts.count < PDFStreams.textsMax { texts.append(stream) } else { isCut = true }
    } else if found.count < PDFStreams.streamsMax {
      found.append(stream)
    } else {
      isCut = true
    }
  }

  /// The length that a dictionary says; `nil` when it refers to another object for it.
  private static func length(_ dictionary: [UInt8]) -> Int? {
    guard let at = last(Array("/Length ".utf8), in: dictionary) else { return nil }
    let rest = dictionary[(at + 8)...]
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    let behind = dictionary[digits.endIndex...].drop { Documents.isSpace($0) }.first
    guard digits.count < 12, behind == UInt8(ascii: "/") || behind == UInt8(ascii: ">") else {
      return nil
    }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static func last(_ word: [UInt8], in bytes: [UInt8]) -> Int? {
    places(of: word, bytes, 0..<bytes.count).last
  }

  /// Where in `range` a word begins.
  private static func places(of word: [UInt8], _ bytes: [UInt8], _ range: Range<Int>) -> [Int] {
    var places: [Int] = []
    bytes.withUnsafeBytes {
      var at = range.lowerBound
      while let next = firstOffset(of: word, in: $0, from: at), next < range.upperBound {
        places.append(next)
        at = next + 1
      }
    }
    return places
  }
}
