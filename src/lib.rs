//! Hachok, the webhook desk for help desks.
//!
//! ```text
//!                 browser ─────────────┐               help desk ───────┐
//!                                      ▼                                ▼
//!                        http::pages (read, check, do, render)   http::api (JSON)
//!                            │      │                                   │
//!                          views  forms ──────────────► domain ◄────────┤
//!                            │                            ▲             │
//!                           i18n                          │             ▼
//!                                                         └──────────  db  ──► SQLite | Postgres
//!                                                                       ▲
//!                 receivers ◄── delivery::network ◄─ delivery::worker ──┘
//! ```
//!
//! The import rules (`tests/house/rooms.rs` enforces them): main → cli → app → http → views → i18n → domain · http →
//! forms, db, delivery · views → forms · db → domain · `delivery` → db · forms → domain · domain imports no other room.
//!
//! Files and rooms outside the picture: `assets` (embedded static files), `clock` (time and randomness), `config`
//! (settings), `command_error` (message and exit code of a failed command), `liveness` (which part hangs), `logging` (the
//! log on stderr), `password` (hashing), `private_files` (files that only their owner may read), `service_manager` (what
//! systemd hears), `fault_injection` (hooks for fault tests),
//! `supervisor` (starts background tasks again), `version` (what is running).
//!
//! Each area of external crates belongs to one room: only `db` names diesel, only `http` (and `app`, which starts the
//! server) actix, only `views` askama, only `i18n` fluent, only `delivery` (and `cli/server`, which asks a running server)
//! reqwest.
//!
//! Times are integers: microseconds since the Unix epoch. Both databases store them in the same column type, they sort
//! by value, and they need no codec. Ids of events and deliveries begin with their time, so the order of the primary
//! key is the order of the log.

pub mod app;
pub mod assets;
pub mod cli;
pub mod clock;
pub mod command_error;
pub mod config;
pub mod db;
pub mod delivery;
pub mod domain;
pub mod fault_injection;
pub mod forms;
pub mod http;
pub mod i18n;
pub mod liveness;
pub mod logging;
pub mod operations;
pub mod password;
pub mod private_files;
pub mod service_manager;
pub mod supervisor;
pub mod version;
pub(crate) mod views;
