/// How far containers are opened.
package struct ContainerLimits: Sendable, Equatable {
  /// Containers within containers.
  package var depth = Limits.containerDepth
  /// Members of one file, over all its containers.
  package var members = Limits.members
  /// Bytes one file may expand to.
  package var expandedBytes = Limits.expandedBytes
  /// How many times its size a file may expand to.
  package var ratio = Limits.expansionRatio

  package init() {}
}
