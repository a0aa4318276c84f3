/// Slides, their notes and comments of a pptx.
struct Presentation: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("presentationml", within: 4096)
      && (head.holds("<p:sld", within: 1024) || head.holds("<p:notes", within: 1024)
        || head.holds("<p:cm", within: 1024))
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    TextLevel(member, OfficeText())
  }
}
