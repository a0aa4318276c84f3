import Native

/// Tells whether an index of a search server changed: every write to a shard takes the next number of
/// its sequence.
enum SearchMarker {
  /// - Returns: `nil` when the server does not say, or a write is under way. All that the numbers
  ///   count is shown to searches that begin later.
  static func text(of index: String, _ session: SearchSession) -> String? {
    let path = "/" + SearchAddress.encoded(index)
    do throws(SearchError) {
      let answer = try session.call("GET", path + "/_stats/docs?level=shards")
      guard let stats = answer["indices"]?[index], let uuid = stats["uuid"]?.string,
        case .object(let shards)? = stats["shards"], !shards.isEmpty
      else { return nil }
      var lines = [uuid]
      for (number, copies) in shards {
        guard let line = line(copies.elements) else { return nil }
        lines.append("\(number) \(line)")
      }
      lines.sort()
      // Copies of a shard that fetch its segments are behind it, and nobody says by how much.
      let setting = "index.replication.type"
      let settings = try session.call("GET", path + "/_settings/\(setting)?flat_settings=true")
      guard settings[index]?["settings"]?[setting]?.string ?? "DOCUMENT" == "DOCUMENT" else {
        return nil
      }
      let mapping = try session.call("GET", path + "/_mapping")
      // A write is shown to searches some time after it is counted, or when it is asked for.
      let refresh = try session.call("POST", path + "/_refresh")
      guard refresh["_shards"]?["failed"]?.integer == 0 else { return nil }
      var bytes: [UInt8] = []
      mapping.write(into: &bytes)
      return lines.joined(separator: ", ") + " " + ItemStamp.digest(of: bytes)
    } catch {
      // What cannot be looked at is read, and then it is told why it cannot be.
      return nil
    }
  }

  /// What a shard's primary says, once all its copies have all that it has: from then on no other
  /// writes take these numbers, whatever becomes of it.
  private static func line(_ copies: [JSONValue]) -> String? {
    let primaries = copies.filter { $0["routing"]?["primary"]?.bool == true }
    guard primaries.count == 1, let primary = primaries.first, let numbers = primary["seq_no"],
      let last = numbers["max_seq_no"]?.integer,
      numbers["local_checkpoint"]?.integer == last, numbers["global_checkpoint"]?.integer == last,
      let history = primary["commit"]?["user_data"]?["history_uuid"]?.string
    else { return nil }
    return "\(history) \(last)"
  }
}
