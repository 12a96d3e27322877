// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// A host whose process 1 is systemd, as on a server: the machine's root with a writable layer in memory over it.
///
/// The lab's init mounts that, and becomes systemd; systemd then runs the lab's init again, as a service that brings
/// up the network and answers the lab.
enum GuestSystemd {
  static let program = "/lib/systemd/systemd"
  /// Units of the machine that only cost a test time.
  private static let masked = [
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "man-db.timer", "fstrim.timer", "systemd-timesyncd.service",
  ]

  /// Never returns but by an error, which ends the host.
  static func become(_ configuration: GuestConfiguration) throws(LabError) {
    try KernelModule("fs/overlayfs/overlay").load()
    KernelModule.loadForDisks()
    let words = ["/bin/sh", "-c", try script(configuration)]
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let error = (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer {
      tendon_lab_exec($0.baseAddress!)
    }
    throw .couldNotStart(program: program, errno: Errno(rawValue: error))
  }

  private static func script(_ configuration: GuestConfiguration) throws(LabError) -> String {
    func mount(_ share: GuestConfiguration.Share) -> String {
      "mkdir -p .\(share.target)\nmount -t hostfs none .\(share.target) -o \(share.source)"
    }
    let shares = configuration.shares.map(mount)
    // What a tmpfs of the host's own hides.
    let visible = configuration.visible
      .filter { $0.target.hasPrefix("/run/") || $0.target.hasPrefix("/tmp/") }.map(mount)
    let disk = configuration.diskDevice.map {
      """
      mkdir -p .\(GuestPaths.disk)
      mount -t ext4 -o prjquota \($0) .\(GuestPaths.disk) || mount -t ext4 \($0) .\(GuestPaths.disk)
      """
    }
    let masks = masked.map { "ln -s /dev/null run/systemd/system/\($0)" }
    return """
      set -e
      export PATH=\(GuestSetup.path)
      mount -t proc proc /proc
      mount -t tmpfs -o mode=755,size=90% tmpfs /mnt
      mkdir /mnt/upper /mnt/work /mnt/root
      mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
      cd /mnt/root
      mount -t tmpfs -o mode=755 tmpfs run
      mount -t tmpfs -o mode=1777 tmpfs tmp
      \((shares + visible + (disk.map { [$0] } ?? [])).joined(separator: "\n"))
      # A container's rule against starting services on installation; this is a machine of its own.
      rm -f usr/sbin/policy-rc.d
      : >etc/machine-id
      echo \(configuration.hostName) >etc/hostname
      mkdir -p run/systemd/system
      \(masks.joined(separator: "\n"))
      cat >run/systemd/system/tendon-lab.target <<'END'
      \(target)
      END
      cat >run/systemd/system/tendon-lab-guest.service <<'END'
      \(service(try ownPath()))
      END
      umount /proc
      pivot_root . mnt
      exec chroot . /bin/sh -c 'umount -l /mnt
      exec \(program) systemd.unified_cgroup_hierarchy=1 --unit=tendon-lab.target'
      """
  }

  /// Where this program lies, also in the new root.
  private static func ownPath() throws(LabError) -> String {
    guard let path = Environment["tendon_program"] else {
      throw .refused("the kernel passed on no tendon_program")
    }
    return path
  }

  private static let target = """
    [Unit]
    Description=A host of the lab
    Requires=basic.target tendon-lab-guest.service
    Wants=dbus.service
    After=basic.target dbus.service
    AllowIsolate=yes
    """

  private static func service(_ program: String) -> String {
    """
    [Unit]
    Description=The lab's end in this host
    After=dbus.service
    [Service]
    ExecStart=\(program) guest-service
    KillMode=process
    Restart=always
    """
  }
}
