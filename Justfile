# Commands for developers; `just` lists them. CONTRIBUTING.md says what each needs.

# One build serves all test recipes and tests/run.
tests := "cargo test --features fault-injection"
dev_database := "sqlite://target/dev/hachok.db"

export HACHOK_TEST_DATABASE := env("HACHOK_TEST_DATABASE", "sqlite")

# Lists the recipes
default:
    @just --list --unsorted

# Tests of the suite wait more than they compute, so three run for each core.
# Format, lints, unit tests, the suite on SQLite without faults; ignored tests say what they need
check:
    cargo fmt --check
    cargo clippy --all-targets --features fault-injection -- -D warnings
    {{ tests }} --lib
    {{ tests }} --test suite -- --skip faults:: --test-threads=$((3 * $(getconf _NPROCESSORS_ONLN)))

# Tests whose names contain these words
test *NAME:
    {{ tests }} {{ NAME }}

# Everything, on both databases, as CI runs it; installs what is missing (Debian)
ci:
    tests/run

# Runs the server on a scratch database in target/dev; builds and restarts it on a change (needs entr)
dev: dev-account
    while sleep 0.2; do \
        find src templates static locales migrations Cargo.toml -type f | \
        DATABASE_URL={{ dev_database }} HACHOK_ALLOW_NETWORKS=127.0.0.0/8 entr -d -r cargo run; \
    done

# Makes the scratch database and its administrator, if they are missing
[private]
dev-account:
    #!/usr/bin/env bash
    set -euo pipefail
    export DATABASE_URL={{ dev_database }}
    cargo build
    target/debug/hachok migrate
    if ! target/debug/hachok user list | grep -q admin@example.com; then
        echo 'a scratch database' | target/debug/hachok user add --email admin@example.com --role admin --password-stdin
    fi
    echo 'Sign in as admin@example.com with the password: a scratch database'

# Fills the server of `just dev` with a webhook and a sample of every event
sample-data:
    #!/usr/bin/env bash
    set -euo pipefail
    export DATABASE_URL={{ dev_database }}
    token=$(target/debug/hachok token add --name 'Sample data' --scope admin --expires 30d)
    post() { curl -fsS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "http://127.0.0.1:8080$@"; echo; }
    post /api/v1/accounts/1/webhooks -d '{"name":"CRM","url":"http://127.0.0.1:9100/hook"}' || true
    find src/domain -path '*/samples/*.json' ! -name webhook_test.json | while read -r sample; do
        post /api/v1/events --data-binary "@$sample"
    done
    echo 'The webhook calls http://127.0.0.1:9100/hook: the README has a receiver for it.'

# Throughput, latency, memory (rows: see benches/README.md)
bench *ROWS:
    cargo bench --bench throughput -- {{ ROWS }}

# The same rows for another commit and this tree in turn
compare COMMIT *ROWS:
    benches/compare {{ COMMIT }} {{ ROWS }}

# Searches one fuzz target, guided by coverage, until it is stopped (needs nightly Rust and cargo-fuzz)
fuzz NAME *ARGS:
    mkdir -p fuzz/corpus/{{ NAME }}
    cargo +nightly fuzz run {{ NAME }} fuzz/corpus/{{ NAME }} fuzz/seeds/{{ NAME }} {{ ARGS }}

# What is released, into target/package (docs/RELEASING.md); --twice compiles twice and compares
package *ARGS:
    packaging/build {{ ARGS }}

# Dependencies that nothing uses (needs cargo-machete)
machete:
    cargo machete
