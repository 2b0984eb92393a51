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
//!                 receivers ◄── delivery::sender ◄── delivery::worker ──┘
//! ```
//!
//! The import rule, enforced by a test: main → cli → app → http → views → i18n → domain ·
//! http → forms, db, delivery · db → domain · `delivery::worker` → db · forms → domain ·
//! `sabotage` (points for fault tests) may be named by db and delivery · domain imports nothing of ours. One outside library per area: only `db` names diesel, only `http`
//! (and `app`, which starts it) actix, only `views` askama, only `i18n` fluent, only `delivery` reqwest.

pub mod app;
pub mod assets;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod domain;
pub mod fault;
pub mod forms;
pub mod http;
pub mod i18n;
pub mod password;
pub mod sabotage;
pub mod views;
