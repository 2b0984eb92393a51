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
//! The import rule, enforced by a test: main → cli → app → http → views → i18n → domain · http → forms, db,
//! delivery · views → forms · db → domain · `delivery` → db · forms → domain · domain imports nothing of ours. Beside
//! the picture stand small rooms without rooms of their own: `assets` (files in the binary), `clock` (time and chance),
//! `config` (settings), `command_error` (how a command ends), `logging` (one line an event), `password` (hashing), `private_files` (files for their owner alone), `fault_injection` (where fault tests pull the plug).
//! One outside library per area: only `db` names diesel, only `http` (and `app`, which starts it) actix, only `views`
//! askama, only `i18n` fluent, only `delivery` reqwest.
//!
//! Times are integers: microseconds since the Unix epoch. They are the same column type on both databases, sort as they
//! read, and need no codec. Ids of events and deliveries hold their time, so that the primary key is the log's order.

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
pub mod logging;
pub mod password;
pub mod private_files;
pub(crate) mod views;
