import Core

/// The smaller objects of a SARIF log.
extension JSONText {
  mutating func sarifLocation(_ location: Location) {
    object { json in
      json.key("physicalLocation")
      json.object { json in
        json.key("artifactLocation")
        json.object { $0.member("uri", URIText.uri(of: location)) }
        // A line inside a member is no line of the file.
        if location.member == nil, location.line != nil {
          json.key("region")
          json.object { json in
            json.member("startLine", location.line)
            json.member("byteOffset", location.byteOffset)
          }
        }
      }
      if location.member != nil || location.table != nil {
        json.key("logicalLocations")
        json.array([location]) { $0.sarifLogicalLocation($1) }
      }
    }
  }

  /// For example `cards[id=7].number`, or a container's member. The row stands before the column: behind
  /// the name of a code its number would be taken for one.
  private mutating func sarifLogicalLocation(_ location: Location) {
    object { json in
      var name = location.member.map(TextLayout.shown) ?? ""
      if let table = location.table {
        name += (name.isEmpty ? "" : "!") + TextLayout.shown(table)
        if let row = location.row { name += "[" + TextLayout.shown(row) + "]" }
        if let field = location.field { name += "." + TextLayout.shown(field) }
      }
      json.member(
        "name", (location.field ?? location.table ?? location.member).map(TextLayout.shown))
      json.member("fullyQualifiedName", name)
      json.member("kind", location.table == nil ? "resource" : "member")
    }
  }

  /// Owner and expiry have no place of their own in SARIF.
  mutating func sarifSuppression(_ suppression: Suppression) {
    object { json in
      json.member("kind", suppression.kind.rawValue)
      json.member("status", "accepted")
      json.member("justification", TextLayout.shown(suppression.reason))
      guard suppression.owner != nil || suppression.expires != nil else { return }
      json.key("properties")
      json.object { json in
        json.member("owner", suppression.owner.map(TextLayout.shown))
        json.member("expires", suppression.expires.map(TextLayout.shown))
      }
    }
  }

  mutating func sarifRule(_ rule: RuleText) {
    object { json in
      json.member("id", rule.id)
      json.text("shortDescription", rule.title)
      json.text("fullDescription", rule.what)
      json.key("help")
      json.object { json in
        json.member("text", "\(rule.what)\n\nWhy: \(rule.why)\n\nWhat to do: \(rule.fix)")
        json.member(
          "markdown", "\(rule.what)\n\n**Why:** \(rule.why)\n\n**What to do:** \(rule.fix)")
      }
      let severity = Severity(rawValue: rule.severity) ?? .high
      json.key("defaultConfiguration")
      json.object { $0.member("level", SARIFReport.level(severity)) }
      json.key("properties")
      json.object { json in
        // GitHub keeps ten tags of a rule.
        let requirements = rule.requirements.map { "external/pci/\($0)" }
        json.member("tags", Array((["security", "pci-dss"] + requirements).prefix(10)))
        json.member("security-severity", JSONText.securitySeverity(severity))
        json.member("precision", "high")
      }
    }
  }

  /// The middle of the range that GitHub gives the same word.
  private static func securitySeverity(_ severity: Severity) -> String {
    switch severity {
    case .critical: "9.5"
    case .high: "8.0"
    case .medium: "5.5"
    case .low: "2.0"
    }
  }

  mutating func sarifNotification(_ entry: Coverage.Entry) {
    var text = "Not examined: \(Wording.reason(entry.reason))"
    if let detail = entry.detail { text += ": \(TextLayout.shown(detail))" }
    sarifNotification("not-examined/\(entry.reason.rawValue)", text, place: entry.place)
  }

  mutating func sarifNotification(_ id: String, _ text: String, place: String?) {
    object { json in
      json.key("descriptor")
      json.object { $0.member("id", id) }
      json.member("level", "error")
      json.key("message")
      json.object { $0.member("text", SARIFReport.message(text)) }
      if let place {
        json.key("locations")
        json.array([place]) { json, place in
          json.object { json in
            json.key("physicalLocation")
            json.object { json in
              json.key("artifactLocation")
              json.object { $0.member("uri", URIText.uri(ofPath: place)) }
            }
          }
        }
      }
    }
  }

  private mutating func text(_ name: StaticString, _ text: String) {
    key(name)
    object { $0.member("text", text) }
  }
}

/// Places as URI references.
enum URIText {
  /// `file:///srv/app.log`, `logs/app.log`, or `db://target/table` for a database without a file.
  static func uri(of location: Location) -> String {
    if let path = location.path { return uri(ofPath: path) }
    guard let table = location.table else { return uri(ofPath: location.target) }
    return
      "db://\(encoded(location.target, keepsSlash: false))/\(encoded(table, keepsSlash: false))"
  }

  static func uri(ofPath path: String) -> String {
    if path.hasPrefix("/") { return "file://" + encoded(path) }
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    return rest.isEmpty ? "unnamed" : encoded(String(rest))
  }

  /// Everything but letters, digits and a few marks as `%41`; a card number is masked before.
  static func encoded(_ text: String, keepsSlash: Bool = true) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in NumberGuard.masked(text).utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: out.append(byte)
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "*"):
        out.append(byte)
      case UInt8(ascii: "/") where keepsSlash: out.append(byte)
      default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
