// SPDX-License-Identifier: Apache-2.0

/// Tendon's version, the same in every program.
package let tendonVersion = "0.1.0"
