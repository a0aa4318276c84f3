/// Body, headers, footers, notes and comments of a docx: XML in the namespace of WordprocessingML.
struct WordDocument: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("wordprocessingml", within: 4096)
      && head.holds("<w:", within: 4096)
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    TextLevel(member, OfficeText())
  }
}
