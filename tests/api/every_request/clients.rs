//! On demand: unmodified clients that were written for Chatwoot. `tests/README.md` has the results.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::App;

#[tokio::test]
#[ignore = "on demand: needs node and Python with the clients of tests/README.md in the folder HACHOK_CLIENTS"]
async fn on_demand_unmodified_clients_of_chatwoot_work() {
    let folder = PathBuf::from(std::env::var("HACHOK_CLIENTS").expect("HACHOK_CLIENTS: see tests/README.md"));
    let app = App::start();
    let (token, api) = (app.token("admin"), app.api("admin"));
    api.post("inboxes", &json!({ "name": "Website", "external_id": "7", "channel_type": "Channel::WebWidget" })).await;
    let python = folder.join("venv/bin/python");
    for (program, script, arguments) in [
        (Path::new("node"), "run.mjs", vec![app.url.clone(), folder.display().to_string()]),
        (&python, "run.py", vec![app.url.clone()]),
    ] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
        let mut client = Command::new(program);
        let mut client = client.arg(script).args(arguments).stdin(Stdio::piped()).spawn().expect("a client");
        client.stdin.take().expect("a pipe").write_all(token.as_bytes()).expect("the token is read");
        assert!(client.wait().expect("an end").success(), "{program:?}");
    }
}
