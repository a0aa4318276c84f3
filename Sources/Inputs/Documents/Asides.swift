import Core

/// What a document holds beside its text: attributes (what a picture shows, where a link leads), comments,
/// formulas. Only what may hold a number or a code is kept, a line each.
final class Asides {
  private var text: [UInt8] = []
  private var isCut = false

  deinit { text.wipe() }

  /// Keeps a tag if one of its attributes may hold something.
  func add(_ tag: XMLTag) {
    guard Asides.mayHold(tag.bytes) else { return }
    let pieces = tag.bytes.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == 0x22 || $0 == 0x27 })
    // Names and values take turns.
    let holds = stride(from: 1, to: pieces.count, by: 2).contains { at in
      Asides.mayHold(pieces[at]) && !Asides.isCell(Array(pieces[at - 1]))
    }
    if holds { keep(tag.bytes) }
  }

  /// Whether an attribute is what a cell of OpenDocument shows, which is read as such.
  private static func isCell(_ name: [UInt8]) -> Bool {
    name.holds("office:") && name.holds("value=")
  }

  func add(_ bytes: ArraySlice<UInt8>) { if Asides.mayHold(bytes) { keep(bytes) } }

  private func keep(_ bytes: ArraySlice<UInt8>) {
    guard text.count + bytes.count < Limits.documentTextBytes else {
      isCut = true
      return
    }
    text += bytes
    text.append(0x0A)
  }

  /// Twelve digits, or three and a letter that no hex number has: most attributes are short numbers,
  /// references of cells and ids.
  static func mayHold(_ bytes: ArraySlice<UInt8>) -> Bool {
    var digits = 0
    var hasLetter = false
    for byte in bytes {
      if (0x30...0x39).contains(byte) { digits += 1 }
      if (0x67...0x7A).contains(byte | 0x20) || byte >= 0x80 { hasLetter = true }
    }
    return digits >= 12 || digits >= 3 && hasLetter
  }

  /// What was kept, once, as a part of its own.
  func part(of member: ContainerMember, _ walk: ContainerWalk) -> ContainerEvent? {
    if isCut {
      isCut = false
      walk.tell(
        member, .overLimit,
        "Of attributes and comments in its markup, the first \(Limits.documentTextBytes) bytes were "
          + "read.")
    }
    guard !text.isEmpty else { return nil }
    walk.budget.takeScratch(text.count)
    var inner = member.appending("in its markup", MemoryStream(text, budget: walk.budget))
    text = []
    inner.group = member.group
    let head = inner.peek(walk.sizes.context)
    return .part(MemberPart(inner, head: head, in: walk, isText: true, isDerived: true))
  }
}
