import Core
import Native

/// One answer of S3 that is read while it comes; its connection goes back to the pool with it.
final class S3Download {
  let head: HTTPResponse
  private var download: HTTPDownload?
  private let transfers: HTTPTransfers
  private let pool: TransfersPool

  init(
    _ request: HTTPRequest, _ pool: TransfersPool, _ patience: HTTPDownload.Patience
  ) throws(S3Error) {
    self.pool = pool
    do throws(HTTPFailure) { transfers = try pool.take() } catch { throw S3Error(error) }
    do throws(HTTPFailure) {
      let download = try HTTPDownload(request, over: transfers, patience)
      head = try download.response()
      self.download = download
    } catch {
      // What failed keeps nothing of worth for the next user.
      throw S3Error(error)
    }
  }

  deinit {
    download = nil
    pool.giveBack(transfers)
  }

  /// The next bytes of the body, none at its end.
  func nextBytes() throws(S3Error) -> [UInt8] {
    do throws(HTTPFailure) { return try download?.nextBytes() ?? [] } catch {
      throw S3Error(error)
    }
  }
}

/// Why S3 gave no answer, or which error it answered with.
struct S3Error: Error {
  /// 0 when nothing was answered.
  var status = 0
  /// S3's own word for it, for example `NoSuchKey`; empty when it said none.
  var code = ""
  var failure: HTTPFailure?
  /// Where the bucket is, if that was said.
  var region: String?

  init(_ failure: HTTPFailure) { self.failure = failure }

  init(status: Int, body: [UInt8], head: HTTPResponse) {
    self.status = status
    region = head.header("x-amz-bucket-region")
    let document = S3Document(body)
    // Only what looks like such a word: anything else is not ours to show.
    let word = document.rootName == "Error" ? document.text("Code") ?? "" : ""
    if word.utf8.count <= 64, word.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 }) { code = word }
  }

  /// Whether it may go away by itself.
  var isPassing: Bool {
    if let failure {
      switch failure.kind {
      case .cannotConnect, .timeout, .cutShort, .other, .proxy: return true
      case .unknownHost, .untrusted, .noTLS, .tooLarge: return false
      }
    }
    return status == 429 || status >= 500 || ["SlowDown", "RequestTimeout"].contains(code)
  }
}
