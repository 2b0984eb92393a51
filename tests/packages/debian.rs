//! The scripts of the Debian package, in a root of their own, with a `systemctl` that only remembers.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const LINK: &str = "etc/systemd/system/multi-user.target.wants/hachok.service";

/// Remembers in files whether the service is enabled and whether it runs.
const SYSTEMCTL: &str = r#"#!/bin/sh
link=$DPKG_ROOT/etc/systemd/system/multi-user.target.wants/hachok.service
active=$DPKG_ROOT/active
case "$1" in
    enable) : >"$link" ;;
    disable) rm -f "$link" ;;
    is-enabled) [ -e "$link" ] ;;
    start | restart) : >"$active" ;;
    stop) rm -f "$active" ;;
    is-active) [ -e "$active" ] ;;
    is-failed) exit 1 ;;
esac
"#;

struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(TempDir::new().expect("a folder"));
        for folder in ["bin", "run/systemd/system", "var/lib/hachok", "etc/systemd/system/multi-user.target.wants"] {
            fs::create_dir_all(machine.0.path().join(folder)).expect("a folder");
        }
        for (name, text) in [("systemctl", SYSTEMCTL), ("getent", "#!/bin/sh\n"), ("deluser", "#!/bin/sh\n")] {
            let path = machine.0.path().join("bin").join(name);
            fs::write(&path, text).expect("a program");
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("rights");
        }
        machine
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let path = format!("{}:{}", self.0.path().join("bin").display(), std::env::var("PATH").expect("a path"));
        let mut command = Command::new("sh");
        command.arg("-e").arg(program).args(arguments).env("PATH", path).env("DPKG_ROOT", self.0.path());
        let ran = command.output().expect("a shell");
        assert!(ran.status.success(), "{program} {arguments:?}: {ran:?}");
    }

    fn script(&self, name: &str, arguments: &[&str]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/debian").join(name);
        self.run(&path.to_string_lossy(), arguments);
    }

    /// As the administrator.
    fn systemctl(&self, verb: &str) {
        self.run(&self.0.path().join("bin/systemctl").to_string_lossy(), &[verb, "hachok.service"]);
    }

    /// In the order of dpkg (Debian Policy, 6.5 and 6.6).
    fn install(&self, before: &[&str]) {
        self.script("preinst", &[&["install"], before].concat());
        self.script("postinst", &[&["configure"], before].concat());
    }

    fn upgrade(&self) {
        self.script("prerm", &["upgrade", "0.2.0-1"]);
        self.script("preinst", &["upgrade", "0.1.0-1"]);
        self.script("postrm", &["upgrade", "0.2.0-1"]);
        self.script("postinst", &["configure", "0.1.0-1"]);
    }

    fn remove(&self) {
        self.script("prerm", &["remove"]);
        self.script("postrm", &["remove"]);
    }

    /// Whether the service is enabled, and whether it runs.
    fn state(&self) -> (bool, bool) {
        (self.0.path().join(LINK).exists(), self.0.path().join("active").exists())
    }
}

#[test]
fn a_removed_and_again_installed_package_is_enabled_and_runs_as_before() {
    let machine = Machine::new();
    machine.install(&[]);
    assert_eq!(machine.state(), (true, true));
    machine.remove();
    assert!(!machine.state().1);
    machine.install(&["0.1.0-1"]);
    assert_eq!(machine.state(), (true, true));
    machine.systemctl("disable");
    machine.remove();
    machine.install(&["0.1.0-1"]);
    assert_eq!(machine.state(), (false, false), "the administrator disabled it");
}

#[test]
fn an_upgrade_of_the_package_starts_no_service_that_an_administrator_stopped() {
    let machine = Machine::new();
    machine.install(&[]);
    machine.upgrade();
    assert_eq!(machine.state(), (true, true));
    machine.systemctl("stop");
    // An installation that failed while its files were unpacked leaves nothing that a later upgrade could mistake.
    machine.script("preinst", &["install", "0.1.0-1"]);
    machine.script("postrm", &["abort-install", "0.1.0-1"]);
    machine.upgrade();
    assert_eq!(machine.state(), (true, false));
}

#[test]
fn a_purge_deletes_the_data_and_disables_the_service() {
    let machine = Machine::new();
    machine.install(&[]);
    machine.remove();
    assert!(machine.0.path().join("var/lib/hachok").exists());
    machine.script("postrm", &["purge"]);
    assert!(!machine.0.path().join("var/lib/hachok").exists());
    assert_eq!(machine.state(), (false, false));
}
