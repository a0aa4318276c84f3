import Core

/// An mbox file: mails one after another, each behind a line that begins with `From ` (RFC 4155).
struct Mailbox: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    guard head.starts(with: Array("From ".utf8)),
      let line = head.firstIndex(of: 0x0A), line < 512
    else { return false }
    // A sentence may begin so; a header must follow.
    return MailMessage.begins(head[(line + 1)...], known: 1)
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    RawFirstLevel.make(member, head: head, walk) { member, _ in MailboxLevel(member) }
  }
}

/// A mailbox that is open.
private final class MailboxLevel: ContainerLevel {
  private let member: ContainerMember
  private let lines: LineStream
  private var current: MailboxMessage?
  private var count = 0

  init(_ member: ContainerMember) {
    self.member = member
    lines = LineStream(member.stream)
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if let current {
      while let block = current.nextBlock(), !block.isEmpty { continue }
      if let trouble = lines.trouble { walk.tell(member, trouble) }
      if current.isLast { return .end }
    } else {
      // The line that begins the first.
      guard lines.next() != nil else { return .end }
    }
    count += 1
    if let trouble = walk.budget.countMember() {
      walk.tell(member, trouble)
      return .end
    }
    let message = MailboxMessage(lines)
    current = message
    var inner = member.appending("message \(count)", message)
    inner.group = member.group
    inner.isDerived = member.isDerived
    return .member(inner)
  }
}

/// One mail of a mailbox, up to the line that begins the next.
private final class MailboxMessage: ByteStream {
  private(set) var isLast = false
  private let lines: LineStream
  private var text: [UInt8] = []
  private var isAtEnd = false
  private var wasEmpty = true
  private static let start = Array("From ".utf8)

  init(_ lines: LineStream) { self.lines = lines }

  deinit { text.wipe() }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    text.removeAll(keepingCapacity: true)
    while text.count < 64 << 10, !isAtEnd {
      guard let line = lines.next() else {
        isAtEnd = true
        isLast = true
        trouble = lines.trouble
        break
      }
      if wasEmpty, line.starts(with: MailboxMessage.start), !text.isEmpty || hasGiven {
        isAtEnd = true
        break
      }
      wasEmpty = line.trimmedEnd.isEmpty
      text += line
    }
    if !text.isEmpty { hasGiven = true }
    if text.isEmpty, trouble != nil { return nil }
    return text.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }

  private var hasGiven = false
}
