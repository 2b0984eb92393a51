//! A Postgres server of one test, which can be stopped and started.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::ports;

/// A server on loopback; removed when dropped.
pub struct Cluster {
    folder: TempDir,
    tools: PathBuf,
    port: u16,
}

impl Cluster {
    /// A new server, of the newest version in /usr/lib/postgresql.
    pub fn start() -> Self {
        let cluster = Self::empty();
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        cluster.begin();
        cluster
    }

    /// A standby of this server, which from now on waits for it with each commit.
    pub fn standby(&self) -> Self {
        let standby = Self::empty();
        let source = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        let data = standby.data();
        standby.run("pg_basebackup", &["-D", &data, "-d", &source, "-R", "-c", "fast", "-X", "stream"]);
        standby.begin();
        self.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        self.execute("SELECT pg_reload_conf()");
        standby
    }

    /// Makes the standby the primary. It waits for no standby of its own.
    pub fn promote(&self) {
        self.execute("ALTER SYSTEM SET synchronous_standby_names = ''");
        self.run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// Runs SQL as the superuser.
    pub fn execute(&self, statement: &str) {
        let ran = Command::new("psql").args(["-Xqc", statement, &self.url()]).stdout(Stdio::null()).status();
        assert!(ran.expect("psql").success(), "{statement}");
    }

    /// `DATABASE_URL` for whichever of the two servers takes writes.
    pub fn url_with(&self, standby: &Self) -> String {
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}", self.port, standby.port);
        format!("postgres://postgres@{hosts}/postgres?target_session_attrs=read-write")
    }

    fn empty() -> Self {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let tools = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max();
        let tools = tools.expect("initdb in /usr/lib/postgresql");
        let folder = TempDir::new().expect("a folder");
        let cluster = Self { folder, tools, port: ports::free() };
        if is_root() {
            let owned = Command::new("chown").arg("postgres:").arg(cluster.folder.path()).status().expect("chown");
            assert!(owned.success());
        }
        cluster
    }

    /// `DATABASE_URL`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn begin(&self) {
        let folder = self.folder.path().display();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={folder} -c fsync=off -c max_connections=60",
            self.port
        );
        let log = format!("{folder}/log");
        self.run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &log, "-w", "start"]);
    }

    /// Stops it without a checkpoint, as a power failure would.
    pub fn end_at_once(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    /// Stops all its processes with SIGSTOP: connections stay open, the kernel accepts data, nothing answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets all its processes continue.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Signals the server first, so that it starts no more children, then its children.
    fn signal(&self, name: &str) {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).expect("a server");
        let server = file.lines().next().expect("a number");
        // A child may have ended meanwhile.
        let children = format!("kill -{name} $(cat /proc/{server}/task/*/children) || true");
        let statement = format!("kill -{name} {server} && {{ {children}; }}");
        assert!(Command::new("sh").args(["-c", &statement]).status().expect("a shell").success());
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Runs a tool as the user `postgres` if this is root, because server and tools refuse to run as root.
    fn run(&self, tool: &str, arguments: &[&str]) {
        let tool = self.tools.join(tool);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&tool) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&tool);
        }
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        assert!(command.status().expect("a tool of Postgres").success(), "{}", tool.display());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.path().join("data/postmaster.pid").exists() {
            self.thaw();
            self.end_at_once();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
