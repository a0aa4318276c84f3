/// Text and slides of OpenDocument (odt, odp, and the flat files fodt, fodp), notes and comments too.
struct OpenDocumentText: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("<office:document", within: 2048)
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    TextLevel(member, OfficeText())
  }
}
