import CCurl
import Core
import Glibc

/// libcurl, opened when a command first talks to the network: linking it costs every start 5 ms.
package final class LibCurl: Sendable {
  let functions: Functions

  /// Opens the library and looks every function up.
  /// - Throws: `RunError` that names the Debian package.
  package convenience init() throws(RunError) {
    // By the names of the ABI: the bare name comes only with the package for developers.
    try self.init(names: ["libcurl.so.4", "libcurl-gnutls.so.4"])
  }

  /// - Parameter names: the first that can be opened is taken.
  package init(names: [String]) throws(RunError) {
    var opened: UnsafeMutableRawPointer?
    for name in names where opened == nil { opened = dlopen(name, RTLD_NOW) }
    guard let opened else { throw LibCurl.missing("the library cannot be opened") }
    // Never closed: the functions are used until the process ends.
    guard let functions = Functions(opened) else {
      throw LibCurl.missing("the library lacks a function")
    }
    // 3 is CURL_GLOBAL_ALL, a macro that Swift does not import. Counted by the library itself.
    guard functions.globalInit(3) == CURLE_OK else {
      throw RunError(.failure, "libcurl.so.4", "the library does not start")
    }
    self.functions = functions
  }

  private static func missing(_ what: String) -> RunError {
    RunError(
      .failure, "libcurl.so.4", "\(what), and it is what talks to servers over HTTP",
      hint: "install it: on Debian, apt-get install libcurl4")
  }

  /// What is used of the library.
  struct Functions: @unchecked Sendable {
    // Unchecked because of the raw addresses: they are those of functions and never change.
    let setOption: UnsafeMutableRawPointer
    let getInfo: UnsafeMutableRawPointer
    let setMultiOption: UnsafeMutableRawPointer
    let globalInit: @convention(c) (CLong) -> CURLcode
    let makeHandle: @convention(c) () -> UnsafeMutableRawPointer?
    let resetHandle: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let freeHandle: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let words: @convention(c) (CURLcode) -> UnsafePointer<CChar>?
    let append:
      @convention(c) (UnsafeMutablePointer<curl_slist>?, UnsafePointer<CChar>) ->
        UnsafeMutablePointer<curl_slist>?
    let freeList: @convention(c) (UnsafeMutablePointer<curl_slist>?) -> Void
    let makeMulti: @convention(c) () -> UnsafeMutableRawPointer?
    let freeMulti: @convention(c) (UnsafeMutableRawPointer?) -> CURLMcode
    let add: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> CURLMcode
    let remove: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> CURLMcode
    let perform: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>) -> CURLMcode
    let poll:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, CUnsignedInt, CInt,
        UnsafeMutablePointer<CInt>?
      ) -> CURLMcode
    let nextMessage:
      @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>) ->
        UnsafeMutablePointer<CURLMsg>?

    /// `nil` when one is missing. The types are those of <curl/curl.h>, the same since 7.66.
    init?(_ library: UnsafeMutableRawPointer) {
      func find<T>(_ name: String, _ type: T.Type) -> T? {
        dlsym(library, name).map { unsafeBitCast($0, to: type) }
      }
      guard let setOption = dlsym(library, "curl_easy_setopt"),
        let getInfo = dlsym(library, "curl_easy_getinfo"),
        let setMultiOption = dlsym(library, "curl_multi_setopt"),
        let globalInit = find("curl_global_init", (@convention(c) (CLong) -> CURLcode).self),
        let makeHandle = find(
          "curl_easy_init", (@convention(c) () -> UnsafeMutableRawPointer?).self),
        let resetHandle = find(
          "curl_easy_reset", (@convention(c) (UnsafeMutableRawPointer?) -> Void).self),
        let freeHandle = find(
          "curl_easy_cleanup", (@convention(c) (UnsafeMutableRawPointer?) -> Void).self),
        let words = find(
          "curl_easy_strerror", (@convention(c) (CURLcode) -> UnsafePointer<CChar>?).self),
        let append = find(
          "curl_slist_append",
          (@convention(c) (UnsafeMutablePointer<curl_slist>?, UnsafePointer<CChar>) ->
            UnsafeMutablePointer<curl_slist>?).self),
        let freeList = find(
          "curl_slist_free_all", (@convention(c) (UnsafeMutablePointer<curl_slist>?) -> Void).self),
        let makeMulti = find(
          "curl_multi_init", (@convention(c) () -> UnsafeMutableRawPointer?).self),
        let freeMulti = find(
          "curl_multi_cleanup", (@convention(c) (UnsafeMutableRawPointer?) -> CURLMcode).self),
        let add = find(
          "curl_multi_add_handle",
          (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> CURLMcode).self),
        let remove = find(
          "curl_multi_remove_handle",
          (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> CURLMcode).self),
        let perform = find(
          "curl_multi_perform",
          (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>) -> CURLMcode).self),
        let poll = find(
          "curl_multi_poll",
          (@convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, CUnsignedInt, CInt,
            UnsafeMutablePointer<CInt>?
          ) -> CURLMcode).self),
        let nextMessage = find(
          "curl_multi_info_read",
          (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>) ->
            UnsafeMutablePointer<CURLMsg>?).self)
      else { return nil }
      self.setOption = setOption
      self.getInfo = getInfo
      self.setMultiOption = setMultiOption
      self.globalInit = globalInit
      self.makeHandle = makeHandle
      self.resetHandle = resetHandle
      self.freeHandle = freeHandle
      self.words = words
      self.append = append
      self.freeList = freeList
      self.makeMulti = makeMulti
      self.freeMulti = freeMulti
      self.add = add
      self.remove = remove
      self.perform = perform
      self.poll = poll
      self.nextMessage = nextMessage
    }
  }
}
