//! Renders a logged request as a curl command.

/// Replaces secret values in logged requests.
const HIDDEN: &str = "[hidden]";

/// Linux limits an argument to 128 KiB; a longer body is piped.
const ARGUMENT_BYTES_MAX: usize = 100_000;

/// Renders a request as a command for a POSIX layout, byte for byte, except that variables (`$TOKEN`, `$CREDENTIALS`,
/// `$SIGNATURE`, `$HEADER_…`) replace the secrets. `None` if the body cannot be passed through a layout, or contains
/// characters that a terminal interprets as keys when the command is pasted: DEL, for example, is the backspace key and
/// would delete quotes.
pub fn command(url: &str, headers: &[(String, String)], body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok().filter(|body| !body.contains(is_key))?;
    let headers = headers.iter().map(|(name, value)| format!(" \\\n  -H {}", header(name, value)));
    let request = format!("curl --globoff {}{}", quoted(url), headers.collect::<String>());
    Some(match body.len() {
        ..ARGUMENT_BYTES_MAX => format!("{request} \\\n  --data-raw {}", quoted(body)),
        _ => format!("printf %s {} |\n{request} \\\n  --data-binary @-", quoted(body)),
    })
}

fn is_key(sign: char) -> bool {
    sign.is_control() && !matches!(sign, '\n' | '\r' | '\t')
}

fn header(name: &str, value: &str) -> String {
    // With "name:" curl would omit the header.
    if value.is_empty() {
        return quoted(&format!("{name};"));
    }
    let whole = format!("{name}: {value}");
    let mut pieces = whole.split(HIDDEN);
    let mut text = quoted(pieces.next().unwrap_or_default());
    for piece in pieces {
        text.push_str(&format!("\"${}\"", variable(name, value)));
        if !piece.is_empty() {
            text.push_str(&quoted(piece));
        }
    }
    text
}

fn variable(name: &str, value: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "authorization" if value.starts_with("Basic ") => "CREDENTIALS".into(),
        "authorization" => "TOKEN".into(),
        "webhook-signature" => "SIGNATURE".into(),
        // With a prefix, so that a header named PATH does not overwrite the layout's variable.
        _ => {
            let sign = |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_uppercase() } else { '_' };
            format!("HEADER_{}", name.chars().map(sign).collect::<String>())
        }
    }
}

/// Quotes a text for a layout. Within single quotes only the single quote is special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    /// Runs the command in a real layout; returns the arguments that `curl` gets, and its input.
    fn run(command: &str, variables: &[(&str, &str)]) -> (Vec<String>, String) {
        let script = format!(
            "curl() {{ for word in \"$@\"; do printf '%s\\0' \"$word\"; done; \
             case \"$*\" in *--data-binary*) cat;; esac; }}\n{command}"
        );
        let mut layout = Command::new("sh")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a layout");
        layout.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("a script");
        let output = layout.wait_with_output().expect("an end");
        assert!(output.status.success(), "{command}");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let mut words: Vec<String> = printed.split('\0').map(ToOwned::to_owned).collect();
        let piped = words.pop().unwrap_or_default();
        (words, piped)
    }

    fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_request_is_rendered_as_a_command() {
        let headers = [
            ("Content-Type", "application/json"),
            ("Webhook-Signature", "v1,[hidden]"),
            ("Authorization", "Bearer [hidden]"),
            // The form that version 0.1.0 logged.
            ("authorization", "Basic [hidden]"),
            ("Path", "[hidden]"),
            ("x-empty", ""),
        ];
        let written = command("https://a.example/?a=1&b='", &pairs(&headers), br#"{"a":"it's"}"#);
        let expected = r#"curl --globoff 'https://a.example/?a=1&b='\''' \
  -H 'Content-Type: application/json' \
  -H 'Webhook-Signature: v1,'"$SIGNATURE" \
  -H 'Authorization: Bearer '"$TOKEN" \
  -H 'authorization: Basic '"$CREDENTIALS" \
  -H 'Path: '"$HEADER_PATH" \
  -H 'x-empty;' \
  --data-raw '{"a":"it'\''s"}'"#;
        assert_eq!(written.as_deref(), Some(expected));
        assert_eq!(command("https://a.example/", &[], b"\xff"), None);
        for keys in ["a\0b", "a\u{7f}b", "a\u{9b}b"] {
            assert_eq!(command("https://a.example/", &[], keys.as_bytes()), None, "{keys:?}");
        }
    }

    #[test]
    fn a_shell_inserts_the_secrets() {
        let headers = [("authorization", "Basic [hidden]"), ("x-key", "a [hidden] b")];
        let written = command("https://a.example/", &pairs(&headers), b"{}").expect("a command");
        let (words, _) = run(&written, &[("CREDENTIALS", "a'b c$d"), ("HEADER_X_KEY", "\"k\"")]);
        assert!(words.contains(&"authorization: Basic a'b c$d".to_owned()), "{words:?}");
        assert!(words.contains(&"x-key: a \"k\" b".to_owned()), "{words:?}");
    }

    #[test]
    fn a_body_that_is_too_long_for_an_argument_is_piped() {
        let body = "'$(x) ї\n".repeat(30_000);
        let written = command("https://a.example/", &[], body.as_bytes()).expect("a command");
        let (words, piped) = run(&written, &[]);
        assert_eq!(words.last().map(String::as_str), Some("@-"));
        assert!(piped == body, "{} bytes", piped.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_shell_passes_every_byte_on(
            body in r#"[^\pC]*|['"\\$`!*?~#;&|<>(){}\n\t @-]*"#,
            value in r#"[!-~][ -~]*"#,
            url in r#"https://a\.example/['"$`!&;|()\\\[\]{}a-z]*"#,
        ) {
            prop_assume!(!value.contains(HIDDEN));
            let headers = pairs(&[("x-note", &value)]);
            let written = command(&url, &headers, body.as_bytes()).expect("a command");
            let (words, _) = run(&written, &[]);
            let expected = ["--globoff", &url, "-H", &format!("x-note: {value}"), "--data-raw", &body];
            prop_assert_eq!(words, expected);
        }
    }
}
