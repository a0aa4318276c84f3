import ReportData

/// What surrounds the report's content: one file, nothing loaded, nothing run but our own script.
enum HTMLPage {
  /// SHA-256 of `reports/html/report.css` and `report.js` in base64, as the policy wants them. A test
  /// compares them with the files and names the right ones.
  static let styleHash: StaticString = "3jUlJpqVFxzFulwB4Hlc7vAcVJ2sWiHSQ8Z+23M1q/M="
  static let scriptHash: StaticString = "lMn3PpkPOKb/rxhDx246OHFg+FlNVrceHw6CuqDXp/Y="

  static var style: [UInt8] { bytes(unpan_report_style()) }
  static var script: [UInt8] { bytes(unpan_report_script()) }

  static func begin(_ html: inout HTMLText, title: String) {
    html.raw(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-
      """)
    html.raw(styleHash)
    html.raw("'; script-src 'sha256-")
    html.raw(scriptHash)
    html.raw(
      """
      '; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <meta name="robots" content="noindex">
      <title>
      """)
    html.text(title)
    html.raw("</title>\n<style>")
    html.append(style)
    html.raw(
      """
      </style>
      </head>
      <body>
      <a class="skip" href="#main">Skip to the report</a>
      <div class="page">

      """)
  }

  static func end(_ html: inout HTMLText) {
    html.raw("</div>\n<script>")
    html.append(script)
    html.raw("</script>\n</body>\n</html>\n")
  }

  private static func bytes(_ file: unpan_report_file) -> [UInt8] {
    Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
  }
}
