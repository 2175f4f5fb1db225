//! The exact answers on a processor without AVX, by qemu-user.

use std::process::Command;

const QEMU: &str = "qemu-x86_64";
/// A processor of 2008: SSE4.2, no AVX. What stands in newer instructions ends the program.
const CPU: &str = "Nehalem";

/// Runs the test of the shared vectors as on an older processor, about a minute; the same compiled test as always.
///
/// Where there is no qemu-user, that is said loudly and passes; on CI Debian's package is asked for first.
pub(super) fn run() -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(()); // other processors have one instruction set of ours
    }
    if !there() && std::env::var_os("CI").is_some() {
        // Succeeds for root where packages can be had, and otherwise leaves things as they are.
        for arguments in [&["update"][..], &["install", "-y", "--no-install-recommends", "qemu-user"]] {
            let _ = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").output();
        }
    }
    if !there() {
        crate::complain(&format!(
            "\n!! LEFT OUT: the vectors on an older processor: {QEMU} is not there (apt-get install qemu-user)\n"
        ));
        return Ok(());
    }
    let runner = format!("{QEMU} -cpu {CPU}");
    super::cargo_with(
        &format!("vectors on {CPU}"),
        &["test", "--workspace", "--locked", "--test", "determinism"],
        &[("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", &runner)],
    )
}

fn there() -> bool {
    Command::new(QEMU).arg("--version").output().is_ok_and(|output| output.status.success())
}
