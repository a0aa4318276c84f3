import Glibc

/// One statement with parameters, prepared on the server and run once.
struct MySQLStatement: ~Copyable {
  typealias MakeError =
    (UInt32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> ServerError

  private let handle: OpaquePointer
  private let call: LibMariaDB.Functions
  private let makeError: MakeError

  /// - Returns: `nil` when memory is short.
  init?(
    _ connection: OpaquePointer, _ call: LibMariaDB.Functions, _ makeError: @escaping MakeError
  ) {
    guard let handle = call.makeStatement(connection) else { return nil }
    self.handle = handle
    self.call = call
    self.makeError = makeError
  }

  deinit { _ = call.closeStatement(handle) }

  /// - Returns: rows changed, or handed over.
  func run(
    _ sql: String, _ parameters: [ServerValue], _ body: (ServerRow) -> Bool
  ) throws(ServerError) -> Int {
    let text = CStrings([sql])
    guard let sqlText = text[0], call.prepare(handle, sqlText, UInt(strlen(sqlText))) == 0 else {
      throw failure()
    }
    guard Int(call.parameterCount(handle)) == parameters.count else {
      throw ServerError(sqlState: "07001", message: "another number of parameters")
    }
    let inputs = Bindings(parameters.count)
    for (index, parameter) in parameters.enumerated() {
      switch parameter {
      case .null: inputs.set(index, .null, nil)
      case .integer(let value): inputs.set(index, .text, Array(String(value).utf8))
      case .text(let value): inputs.set(index, .text, Array(value.utf8))
      case .rawText(let value): inputs.set(index, .text, value)
      case .bytes(let value): inputs.set(index, .blob, value)
      }
    }
    guard call.bindParameters(handle, inputs.memory) == 0, call.execute(handle) == 0 else {
      throw failure()
    }
    let columns = Int(call.statementColumns(handle))
    guard columns > 0 else { return Int(clamping: call.statementAffected(handle)) }
    return try fetch(columns, body)
  }

  private func fetch(_ columns: Int, _ body: (ServerRow) -> Bool) throws(ServerError) -> Int {
    // With buffers of no size the first fetch only tells the lengths.
    let outputs = Bindings(columns)
    for index in 0..<columns { outputs.set(index, .blob, []) }
    let cells = Bindings(columns)
    guard call.bindResult(handle, outputs.memory) == 0 else { throw failure() }
    var rows = 0
    while true {
      let code = call.fetchStatement(handle)
      // 100: no more; 101: a value is longer than its buffer, which is what was asked for.
      if code == 100 { return rows }
      guard code == 0 || code == 101 else { throw failure() }
      for index in 0..<columns {
        let isNull = outputs.isNull(index)
        let count = isNull ? 0 : Int(outputs.lengths[index])
        cells.set(index, .blob, [UInt8](repeating: 0, count: count))
        cells.setNull(index, isNull)
        guard count == 0 || call.fetchColumn(handle, cells.binding(index), UInt32(index), 0) == 0
        else { throw failure() }
      }
      rows += 1
      if !cells.withRow(body) { return rows }
    }
  }

  private func failure() -> ServerError {
    makeError(
      call.statementNumber(handle), call.statementState(handle), call.statementMessage(handle))
  }
}

/// An array of the library's `MYSQL_BIND` with the memory that it points to.
private final class Bindings {
  /// The sizes and offsets of the struct on machines with pointers of 64 bits.
  private static let stride = 112
  private static let bufferLengthOffset = 64
  private static let typeOffset = 96

  enum Kind: UInt32 {
    case null = 6
    case blob = 252
    case text = 253
  }

  let memory: UnsafeMutableRawPointer
  let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<CChar>
  private var values: [UnsafeMutablePointer<CChar>?]
  private var sizes: [Int]
  private let count: Int

  init(_ count: Int) {
    self.count = count
    memory = .allocate(byteCount: Bindings.stride * max(1, count), alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Bindings.stride * max(1, count))
    lengths = .allocate(capacity: max(1, count))
    lengths.initialize(repeating: 0, count: max(1, count))
    nulls = .allocate(capacity: max(1, count))
    nulls.initialize(repeating: 0, count: max(1, count))
    values = Array(repeating: nil, count: count)
    sizes = Array(repeating: 0, count: count)
  }

  func binding(_ index: Int) -> UnsafeMutableRawPointer { memory + index * Bindings.stride }

  func set(_ index: Int, _ kind: Kind, _ bytes: [UInt8]?) {
    release(index)
    let size = max(1, bytes?.count ?? 0)
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
    if let bytes {
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(start: buffer, count: size).copyMemory(from: $0)
      }
    }
    values[index] = buffer
    sizes[index] = size
    lengths[index] = UInt(bytes?.count ?? 0)
    let at = binding(index)
    at.storeBytes(of: lengths + index, as: UnsafeMutablePointer<UInt>.self)
    at.storeBytes(of: nulls + index, toByteOffset: 8, as: UnsafeMutablePointer<CChar>.self)
    at.storeBytes(of: buffer, toByteOffset: 16, as: UnsafeMutablePointer<CChar>.self)
    at.storeBytes(of: kind.rawValue, toByteOffset: Bindings.typeOffset, as: UInt32.self)
    at.storeBytes(
      of: UInt(bytes?.count ?? 0), toByteOffset: Bindings.bufferLengthOffset, as: UInt.self)
  }

  func setNull(_ index: Int, _ isNull: Bool) { nulls[index] = isNull ? 1 : 0 }

  func isNull(_ index: Int) -> Bool { nulls[index] != 0 }

  func withRow(_ body: (ServerRow) -> Bool) -> Bool {
    let row = (0..<count).map { isNull($0) ? nil : values[$0] }
    return row.withUnsafeBufferPointer {
      $0.baseAddress.map { body(ServerRow(values: $0, lengths: lengths, count: count)) } ?? true
    }
  }

  private func release(_ index: Int) {
    guard let value = values[index] else { return }
    explicit_bzero(value, sizes[index])
    value.deallocate()
    values[index] = nil
  }

  deinit {
    for index in 0..<count { release(index) }
    memory.deallocate()
    lengths.deallocate()
    nulls.deallocate()
  }
}
