// SPDX-License-Identifier: Apache-2.0
import TendonLab
import Testing

extension Labs {
  /// A whole cluster on hosts with kernels of their own. Each test checks what the hosts' kernels say, not only what
  /// the cluster says of itself.
  @Suite(.serialized, .enabled(if: Lab.isAvailable), .sharedCluster) struct ClusterTests {}
}
