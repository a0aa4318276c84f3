import Core

package enum CommandLineTool {
  package static func main() {}
}
