/// Texts of deleted rows in raw pages of a SQLite database.
///
/// Fields lie back to back there, and before the first of them its type, a byte that may read as a digit
/// or a sign: 45 stands for sixteen characters and is a minus sign, 51 for nineteen, the length of a card
/// number with blanks, and is the digit 3. So what the record's header makes a text is read alone.
extension Scanner {
  /// Texts that come first in their record, whose header's last byte reads as text.
  func scanRecordTexts(_ frame: borrowing Frame) {
    let bytes = frame.bytes
    var at = frame.owned.lowerBound
    while at < frame.owned.upperBound {
      defer { at += 1 }
      guard isDigit(bytes[at + 1]), bytes.base[at] &- 0x2B < 0x50,
        let length = SQLiteRecord.firstFieldBytes(bytes, headerEnd: at + 1)
      else { continue }
      let range = at + 1..<min(bytes.count, at + 1 + length)
      let text = UnsafeBufferPointer(
        rebasing: UnsafeBufferPointer(start: bytes.base, count: bytes.count)[range])
      guard text.count >= 12, String(validating: text, as: UTF8.self) != nil else { continue }
      scanText(frame, range)
    }
  }

  /// A number beside the digits of other fields.
  ///
  /// - Parameter run: digits, with those of the fields beside a number.
  /// - Returns: whether a number was told.
  func scanRecordText(
    _ frame: inout Frame, run: Range<Int>, within window: Range<Int>
  ) -> Bool {
    let bytes = frame.bytes
    let standsAlone = !isWord(bytes[run.lowerBound - 1]) && !isWord(bytes[run.upperBound])
    if standsAlone, run.count <= 16, isNumber(bytes.base + run.lowerBound, count: run.count) {
      return false
    }
    var numbers: [Range<Int>] = []
    for start in run.lowerBound..<max(run.lowerBound, run.upperBound - 11)
    where window.contains(start) && start >= frame.resume {
      for count in 12...min(19, run.upperBound - start) {
        guard isNumber(bytes.base + start, count: count) else { continue }
        numbers.append(start..<start + count)
      }
    }
    return scanFields(&frame, numbers)
  }

  /// The same of groups, the first and last of which may have digits of their neighbours.
  func scanRecordText(
    _ frame: inout Frame, _ chain: GroupChain, within window: Range<Int>
  ) -> Bool {
    var numbers: [Range<Int>] = []
    for index in 0..<chain.count {
      for grouping in tables.groupings where index + grouping.groups <= chain.count {
        guard let range = chain.part(grouping, at: index), window.contains(range.lowerBound),
          range.lowerBound >= frame.resume
        else { continue }
        var count = 0
        for at in range where isDigit(frame.bytes[at]) {
          scratch[count] = frame.bytes[at]
          count += 1
        }
        if isNumber(UnsafePointer(scratch), count: count) { numbers.append(range) }
      }
    }
    return scanFields(&frame, numbers)
  }

  private func isNumber(_ digits: UnsafePointer<UInt8>, count: Int) -> Bool {
    tables.mayBeNumber(digits, count: count)
      && detector.brands.match(digits, count: count) != nil && Luhn.isValid(digits, count: count)
  }

  /// Of several ways to cut digits, one that makes a field of its own is most likely. Where the header was
  /// overwritten, a number may still stand behind the type of a short text or number, which is no sign
  /// of any text: it begins a field.
  private func scanFields(_ frame: inout Frame, _ numbers: [Range<Int>]) -> Bool {
    let bytes = frame.bytes
    var texts: [Range<Int>] = []
    var guesses: [Range<Int>] = []
    for number in numbers {
      guard let text = SQLiteRecord.text(bytes, at: number.lowerBound, count: 1) else {
        guesses.append(number)
        continue
      }
      if text == number {
        if scanField(&frame, number) { return true }
      } else if text.upperBound >= number.upperBound {
        texts.append(text)
      }
    }
    if texts.contains(where: { scanField(&frame, $0) }) { return true }
    return guesses.contains {
      (SQLiteRecord.isFreedText(bytes, at: $0.lowerBound, count: $0.count)
        || $0.count >= 15 && bytes[$0.lowerBound - 1] &- 13 <= 31 - 13)
        && scanField(&frame, $0)
    }
  }

  /// - Returns: whether it has a number that is no guess.
  private func scanField(_ frame: inout Frame, _ field: Range<Int>) -> Bool {
    let known = hits.count
    scanText(frame, field)
    guard hits[known...].contains(where: { $0.score >= 50 }) else { return false }
    frame.resume = field.upperBound
    return true
  }

  private func scanText(_ frame: borrowing Frame, _ range: Range<Int>) {
    var view = View(capacity: range.count, encoding: [])
    for at in range { view.append(frame.bytes.base[at], from: at) }
    scan(view, owned: 0..<view.count, in: frame)
  }
}
