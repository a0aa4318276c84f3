import Foundation
import Glibc
import Synchronization

/// A real database server for tests: started in a folder of its own on a free port of this machine,
/// one for each process, and gone with it however it ends.
///
/// The server belongs to a shell that waits for this process: its standard input is a pipe that only
/// this process holds, so it ends when the process does, and the shell then stops the server and
/// removes the folder.
package final class TestServer: Sendable {
  package let port: Int
  package let folder: String
  /// Of the account that owns everything.
  package let user: String
  package let password: String

  /// What a test is to say when a server cannot be started.
  package struct Missing: Error, CustomStringConvertible {
    package var description: String
  }

  private static let postgres = Mutex<Result<TestServer, Missing>?>(nil)
  private static let maria = Mutex<Result<TestServer, Missing>?>(nil)

  private static let secured = Mutex<[Kind: Result<TestServer, Missing>]>([:])

  /// A PostgreSQL server of this process that speaks TLS; see `authority`.
  package static func postgreSQLWithTLS() throws(Missing) -> TestServer {
    try withTLS(.postgreSQLWithTLS)
  }

  /// A MariaDB server of this process that speaks TLS; see `authority`.
  package static func mariaDBWithTLS() throws(Missing) -> TestServer {
    try withTLS(.mariaDBWithTLS)
  }

  private static func withTLS(_ kind: Kind) throws(Missing) -> TestServer {
    try secured.withLock { known throws(Missing) in
      let result = known[kind] ?? Result { () throws(Missing) in try start(kind) }
      known[kind] = result
      return try result.get()
    }
  }

  /// Who vouches for a server with TLS, as a file, and somebody who does not.
  package var authority: String { folder + "/tls/ca.pem" }
  package var stranger: String { folder + "/tls/stranger.pem" }

  /// The PostgreSQL server of this process.
  package static func postgreSQL() throws(Missing) -> TestServer {
    try postgres.withLock { known throws(Missing) in
      let result = known ?? Result { () throws(Missing) in try start(.postgreSQL) }
      known = result
      return try result.get()
    }
  }

  /// The MariaDB server of this process.
  package static func mariaDB() throws(Missing) -> TestServer {
    try maria.withLock { known throws(Missing) in
      let result = known ?? Result { () throws(Missing) in try start(.mariaDB) }
      known = result
      return try result.get()
    }
  }

  /// Whether the programs are there; in CI they have to be.
  package static var hasPostgreSQL: Bool { isCI || Kind.postgreSQL.isInstalled }
  package static var hasMariaDB: Bool { isCI || Kind.mariaDB.isInstalled }
  private static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

  /// `make soak`: the tests that can take long do.
  package static var isSoak: Bool { ProcessInfo.processInfo.environment["UNPAN_SOAK"] == "1" }

  /// Where it is, for example `127.0.0.1:5433`.
  package var address: String { "127.0.0.1:\(port)" }

  private enum Kind {
    case postgreSQL, mariaDB, postgreSQLWithTLS, mariaDBWithTLS

    var isPostgreSQL: Bool { self == .postgreSQL || self == .postgreSQLWithTLS }
    var hasTLS: Bool { self == .postgreSQLWithTLS || self == .mariaDBWithTLS }

    var isInstalled: Bool { search() != nil }

    /// The folder of the server's program.
    func search() -> String? {
      let manager = FileManager.default
      let folders: [String]
      let program: String
      switch isPostgreSQL {
      case true:
        program = "postgres"
        let root = "/usr/lib/postgresql"
        let versions = (try? manager.contentsOfDirectory(atPath: root)) ?? []
        folders = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
      case false:
        program = "mariadbd"
        folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
      }
      return folders.first { manager.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    private var postgreSQLFlags: String {
      hasTLS
        ? #"-c ssl=on -c ssl_cert_file="$dir/tls/server.pem" -c ssl_key_file="$dir/tls/server.key""#
        : ""
    }

    private var mariaDBFlags: String {
      hasTLS
        ? #"--ssl-ca="$dir/tls/ca.pem" --ssl-cert="$dir/tls/server.pem" --ssl-key="$dir/tls/server.key""#
        : ""
    }

    /// Run by the shell: `$1` the server's programs, `$2` the folder, `$3` the port.
    var script: String {
      let common = """
        bin=$1 dir=$2 port=$3 as=
        own() { id "$1" >/dev/null 2>&1 && owner=$1 || owner=nobody
          if [ "$(id -u)" = 0 ]; then chown "$owner" "$dir"
            as="setpriv --reuid=$owner --regid=$owner --clear-groups"; fi; }
        finish() { kill "$server" 2>/dev/null; wait "$server"; cd /; rm -rf "$dir"; }
        vouch() { mkdir "$dir/tls"; ( cd "$dir/tls" || exit
          for name in ca stranger; do
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \\
              -keyout "$name.key" -out "$name.pem"
          done
          openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
          echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
          openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \\
            -extfile names -out server.pem
          chmod 644 ./*.pem; chmod 600 server.key
          if [ "$(id -u)" = 0 ]; then chown "$owner" server.key; fi ) >"$dir/tls.log" 2>&1 </dev/null; }
        """
      return switch isPostgreSQL {
      case true:
        common + """

          own postgres
          \(hasTLS ? "vouch" : "")
          echo s3cret-pg >"$dir/password"; chmod 644 "$dir/password"
          $as "$bin/initdb" -D "$dir/data" -U boss -N -A scram-sha-256 --pwfile="$dir/password" \\
            -E UTF8 --locale=C >"$dir/log" 2>&1 </dev/null || { cat >/dev/null; rm -rf "$dir"; exit; }
          $as "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \\
            -c unix_socket_directories="$dir" -c fsync=off -c max_connections=60 -c autovacuum=off \\
            -c max_prepared_transactions=4 \(postgreSQLFlags) </dev/null >>"$dir/log" 2>&1 &
          server=$!
          cat >/dev/null
          kill -QUIT "$server" 2>/dev/null
          finish
          """
      case false:
        common + """

          own mysql
          \(hasTLS ? "vouch" : "")
          $as mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \\
            --skip-test-db --skip-name-resolve >"$dir/log" 2>&1 </dev/null \\
            || { cat >/dev/null; rm -rf "$dir"; exit; }
          echo "CREATE USER boss@'127.0.0.1' IDENTIFIED BY 's3cret-maria';
            GRANT ALL ON *.* TO boss@'127.0.0.1' WITH GRANT OPTION;" >"$dir/init.sql"
          chmod 644 "$dir/init.sql"
          $as env TZ=JST-9 "$bin/mariadbd" --no-defaults --datadir="$dir/data" --port="$port" \\
            --bind-address=127.0.0.1 --socket="$dir/socket" --pid-file="$dir/pid" \\
            --init-file="$dir/init.sql" --skip-name-resolve --innodb-flush-log-at-trx-commit=0 \\
            --max-allowed-packet=64M --tmpdir="$dir" \(mariaDBFlags) </dev/null >>"$dir/log" 2>&1 &
          server=$!
          cat >/dev/null
          kill -KILL "$server" 2>/dev/null
          finish
          """
      }
    }
  }

  private init(port: Int, folder: String, user: String, password: String) {
    self.port = port
    self.folder = folder
    self.user = user
    self.password = password
  }

  private static func start(_ kind: Kind) throws(Missing) -> TestServer {
    guard let programs = kind.search() else {
      throw Missing(description: "the server is not installed; .ci/deps test installs it")
    }
    var template = Array("/tmp/unpan-server-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, let port = freePort() else {
      throw Missing(description: "no folder or no port for a server")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    try spawnShell(kind.script, [programs, folder, String(port)])
    let server = TestServer(
      port: port, folder: folder, user: "boss",
      password: kind.isPostgreSQL ? "s3cret-pg" : "s3cret-maria")
    for _ in 0..<600 {
      if server.isReady(kind) { return server }
      usleep(100_000)
    }
    let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
    throw Missing(description: "the server did not start: \(log.suffix(500))")
  }

  /// Whether it says in its log that it takes connections.
  private func isReady(_ kind: Kind) -> Bool {
    let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
    return log.contains(
      kind.isPostgreSQL
        ? "database system is ready to accept connections" : "ready for connections")
  }

  /// Below those that the system gives to connections: between here and the server's start one of
  /// them would be taken now and then.
  private static func freePort() -> Int? {
    for _ in 0..<100 {
      let port = Int.random(in: 10_000..<30_000)
      if isFree(port) { return port }
    }
    return nil
  }

  private static func isFree(_ port: Int) -> Bool {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard file >= 0 else { return false }
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) == 0 }
    }
  }

  private static func spawnShell(_ script: String, _ arguments: [String]) throws(Missing) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Missing(description: "no pipe") }
    // Closed in every other child of this process.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Foundation waits for a child on a socket that the child holds. A server that is started at that
    // moment would hold it as well, and the test would wait for as long as the server runs.
    for file in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, file) }
    // A group of its own: Ctrl-C at the tests must not end the shell before it has cleaned up.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words = (["sh", "-c", script, "sh"] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, words, environ)
    close(ends[0])
    guard code == 0 else { throw Missing(description: String(cString: strerror(code))) }
  }
}
