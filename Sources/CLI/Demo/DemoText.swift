import Core

/// A text file in the making that remembers on which line what was planted.
struct DemoText {
  /// Relative to the shop's directory.
  let path: String
  private(set) var bytes: [UInt8] = []
  private(set) var plants: [DemoManifest.Plant] = []
  private(set) var lookAlikes: [DemoManifest.LookAlike] = []
  private var lineNumber = 1

  init(path: String) { self.path = path }

  /// Appends one line, and notes what it holds. The text has no line break of its own.
  mutating func line(
    _ text: String, plants planted: [Planted] = [], lookAlikes spared: [Spared] = []
  ) {
    let place = DemoManifest.Place(path: path, line: lineNumber)
    for one in planted {
      plants.append(DemoManifest.Plant(kind: one.kind, value: one.value, place: place))
    }
    for one in spared {
      lookAlikes.append(DemoManifest.LookAlike(what: one.what, value: one.value, place: place))
    }
    bytes.append(contentsOf: text.utf8)
    bytes.append(0x0A)
    lineNumber += 1
  }

  /// Card data on a line.
  struct Planted {
    var kind: Finding.Kind
    var value: String

    static func pan(_ card: DemoCard) -> Planted { Planted(kind: .pan, value: card.number) }
    static func code(_ card: DemoCard) -> Planted { Planted(kind: .cvv, value: card.code) }
    static func track2(_ card: DemoCard) -> Planted { Planted(kind: .track2, value: card.number) }
    static func pinBlock(_ block: String) -> Planted { Planted(kind: .pinBlock, value: block) }
    static func secret(_ key: String) -> Planted { Planted(kind: .secret, value: key) }
  }

  /// A look-alike on a line.
  struct Spared {
    var what: String
    var value: String
  }
}
