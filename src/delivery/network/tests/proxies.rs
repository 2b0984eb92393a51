//! Proxies in the environment are ignored.

use std::env;
use std::process::Command;

use super::post;
use super::receiver::Receiver;

/// Names the receiver's port in the child process. The environment of this process cannot be changed safely.
const TARGET: &str = "HACHOK_TEST_TARGET";

#[tokio::test]
async fn a_proxy_from_the_environment_gets_no_request() {
    if let Ok(port) = env::var(TARGET) {
        let at = ([127, 0, 0, 1], port.parse().unwrap()).into();
        assert_eq!(post(at).await.unwrap().response.status, 204);
        return;
    }
    let target = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let proxy = Receiver::answering("HTTP/1.1 502 Proxy\r\n\r\n");
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "delivery::network::tests::proxies::a_proxy_from_the_environment_gets_no_request"]);
    child.env(TARGET, target.at.port().to_string()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        child.env(name, format!("http://{}", proxy.at));
    }
    assert!(child.output().unwrap().status.success());
    assert_eq!((target.connections(), proxy.connections()), (1, 0));
}
