//! The settings: each is a flag and an environment variable. `hachok serve --help` is the reference.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use url::Url;

use crate::domain::host;
use crate::domain::system::database_url::DatabaseUrl;
use crate::domain::webhooks::address::AddressPolicy;
use crate::private_files;

/// Where the database and the key file are. A setting that may hold a secret has `hide_env_values`: neither the help
/// nor an error message repeats its value.
#[derive(Args, Clone, Debug)]
pub struct DataSettings {
    /// sqlite://PATH (folders are created) or postgres://…
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://data/hachok.db", value_name = "URL", value_parser = database_url,
          hide_env_values = true)]
    pub database_url: DatabaseUrl,
    /// File with the key that encrypts stored secrets; created on first start [default: secret.key beside the database]
    #[arg(long, env = "HACHOK_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
}

impl DataSettings {
    /// The key file: as set, or `secret.key` beside the SQLite file, or `data/secret.key` with Postgres.
    pub fn key_file(&self) -> PathBuf {
        let beside = self.database_url.file().and_then(Path::parent).unwrap_or_else(|| Path::new("data"));
        self.secret_key_file.clone().unwrap_or_else(|| beside.join("secret.key"))
    }

    /// Data and key files that other users of the machine may read. Hachok creates its files for their owner only; the
    /// rights of files that were created or opened to others by hand stay as they are.
    pub fn files_readable_by_others(&self) -> Vec<PathBuf> {
        let database = self.database_url.file();
        let parts =
            database.into_iter().flat_map(|file| ["", "-wal", "-shm"].map(|part| private_files::beside(file, part)));
        parts.chain([self.key_file()]).filter(|file| private_files::is_readable_by_others(file)).collect()
    }
}

fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    DatabaseUrl::parse(text).map_err(|error| error.to_string())
}

/// How clients reach the pages and the API.
#[derive(Args, Clone, Debug)]
pub struct WebSettings {
    /// Address and port to listen on
    #[arg(long, env = "HACHOK_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub bind: SocketAddr,
    /// URL that browsers and help desks use [default: http:// and the bind address]
    #[arg(long, env = "HACHOK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,
    /// Trusted proxies (their X-Forwarded-For is used): addresses or networks, separated by commas
    #[arg(long, env = "HACHOK_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORKS", value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Additional host names that pages may be opened under, separated by commas; the public URL's and localhost always
    /// are
    #[arg(long, env = "HACHOK_ALLOWED_HOSTS", value_delimiter = ',', value_name = "NAMES", value_parser = host_name)]
    pub allowed_hosts: Vec<String>,
    /// Seconds that an idle connection is kept open; a load balancer must close its idle connections sooner
    #[arg(long, env = "HACHOK_KEEP_ALIVE", default_value_t = 75, value_name = "SECONDS",
          value_parser = clap::value_parser!(u16).range(1..=7200))]
    pub keep_alive: u16,
    /// Connections per client address (IPv6: per /64); loopback and trusted proxies may hold more
    #[arg(long, env = "HACHOK_CONNECTIONS_PER_PEER", default_value_t = 128, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub connections_per_peer: u16,
    /// Requests a second that each token may make to the management API, twice as many at once; 0 for no limit. Programs on
    /// this machine have none
    #[arg(long, env = "HACHOK_API_RATE", default_value_t = 50, value_name = "N",
          value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub api_rate: u32,
    /// Largest event in bytes, up to 2097152
    #[arg(long, env = "HACHOK_MAX_PAYLOAD", default_value_t = 262_144, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1024..=2_097_152))]
    pub max_payload: u32,
}

/// Parses the URL under which browsers and help desks reach the server.
pub fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.path() == "/";
    let is_open = url.username().is_empty() && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && plain && is_open {
        Ok(url)
    } else {
        Err("must be http:// or https:// with a host and no path".into())
    }
}

fn host_name(text: &str) -> Result<String, String> {
    host::parse_allowed(text).ok_or_else(|| {
        "must be host names such as hooks.example.com, without scheme and port, separated by commas".into()
    })
}

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map_err(|_| "must be networks such as 192.168.1.0/24, separated by commas".into())
}

/// Which addresses webhooks may have.
#[derive(Args, Clone, Debug)]
pub struct AddressSettings {
    /// Private networks that webhooks may reach, separated by commas; http without TLS is allowed there
    #[arg(long, env = "HACHOK_ALLOW_NETWORKS", value_delimiter = ',', value_name = "NETWORKS", value_parser = network)]
    pub allow_networks: Vec<IpNet>,
    /// Networks that webhooks may never reach, separated by commas
    #[arg(long, env = "HACHOK_DENY_NETWORKS", value_delimiter = ',', value_name = "NETWORKS", value_parser = network)]
    pub deny_networks: Vec<IpNet>,
    /// Allow http without TLS to public addresses
    #[arg(long, env = "HACHOK_ALLOW_HTTP", num_args = 0..=1, default_value_t = false, default_missing_value = "true",
          value_name = "BOOL")]
    pub allow_http: bool,
}

/// Where deliveries may be sent, how many at once, and how long they are kept.
#[derive(Args, Clone, Debug)]
pub struct DeliverySettings {
    /// Where deliveries may be sent.
    #[command(flatten)]
    pub addresses: AddressSettings,
    /// Simultaneous requests
    #[arg(long, env = "HACHOK_IN_FLIGHT", default_value_t = 256, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub in_flight: u16,
    /// Simultaneous requests to one webhook
    #[arg(long, env = "HACHOK_IN_FLIGHT_PER_WEBHOOK", default_value_t = 10, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub in_flight_per_webhook: u16,
    /// Pending deliveries of one webhook; with more, its new events wait behind the older ones. Ingest stops at ten times as many due ones, of all webhooks
    #[arg(long, env = "HACHOK_BACKLOG_PER_WEBHOOK", default_value_t = 100_000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub backlog_per_webhook: u32,
    /// Days that finished deliveries are kept
    #[arg(long, env = "HACHOK_RETENTION_DAYS", default_value_t = 30, value_name = "DAYS",
          value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub retention_days: u16,
}

impl AddressSettings {
    /// The address rules; `own` is this server's public URL. The error names an entry of the allow list that is outside
    /// the private ranges.
    pub fn policy(&self, own: &Url) -> Result<AddressPolicy, String> {
        let policy = AddressPolicy::new(self.allow_networks.clone(), self.deny_networks.clone(), self.allow_http);
        let policy = policy.map_err(|error| format!("--allow-networks (HACHOK_ALLOW_NETWORKS): {error}"))?;
        Ok(policy.with_own(own.host_str().unwrap_or_default(), own.port_or_known_default().unwrap_or_default()))
    }
}

/// The format of the log on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable
    Text,
    /// One JSON object a line
    Json,
}

/// All settings of the server.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    /// Where the database and the key file are.
    #[command(flatten)]
    pub data: DataSettings,
    /// How clients reach the pages and the API.
    #[command(flatten)]
    pub web: WebSettings,
    /// Where deliveries may be sent, how many at once, and how long they are kept.
    #[command(flatten)]
    pub delivery: DeliverySettings,
    /// Format of the log on stderr
    #[arg(long, env = "HACHOK_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}
