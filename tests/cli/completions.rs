//! `hachok completions` and `hachok man`.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::support::Place;

/// What bash offers after these words.
fn completed_by_bash(script: &str, words: &[&str]) -> Vec<String> {
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let (last, previous) = (words.len() - 1, words.len() - 2);
    let lines = format!(
        "{script}\nCOMP_WORDS=({line})\nCOMP_CWORD={last}\n\
         _hachok hachok \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{previous}]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let ran = Command::new("bash").args(["--norc", "-c", &lines]).output().expect("bash");
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
    String::from_utf8(ran.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let script = Place::bare().run_ok(&["completions", "bash"]);
    for (words, expected) in [
        (&["hachok", "comp"][..], &["completions"][..]),
        (&["hachok", "token", "re"], &["revoke"]),
        (&["hachok", "completions", "z"], &["zsh"]),
        (&["hachok", "serve", "--log-format", "js"], &["json"]),
        (&["hachok", "migrate", "--secret"], &["--secret-key-file"]),
    ] {
        assert_eq!(completed_by_bash(&script, words), expected, "{words:?}");
    }
}

#[test]
fn completions_are_printed_for_three_shells_without_values_of_this_machine() {
    let place = Place::bare().set("DATABASE_URL", "postgres://u:s3cret@db/x").set("HACHOK_BIND", "192.0.2.7:1");
    for (shell, sign) in [("bash", "complete -F _hachok"), ("zsh", "#compdef hachok"), ("fish", "complete -c hachok")] {
        let script = place.run_ok(&["completions", shell]);
        assert!(script.contains(sign) && script.contains("import"), "{shell}: {script}");
        assert!(!script.contains("s3cret") && !script.contains("192.0.2.7"), "{shell}");
    }
    let line = place.run(&["completions", "tcsh"]).error_line(2);
    assert!(line.contains("bash, zsh, fish"), "{line}");
    assert_eq!(place.files("."), [""; 0]);
}

#[test]
fn each_command_has_a_manual_page_without_values_of_this_machine() {
    let place = Place::bare().set("DATABASE_URL", "postgres://u:s3cret@db/x").set("HACHOK_BIND", "192.0.2.7:1");
    std::fs::create_dir(place.folder().join("pages")).expect("a folder");
    assert_eq!(place.run_ok(&["man", "--folder", "pages"]), "");
    let pages = place.files("pages");
    for name in ["hachok.1", "hachok-serve.1", "hachok-token-add.1", "hachok-import-chatwoot.1", "hachok-completions.1"]
    {
        assert!(pages.iter().any(|page| page == name), "{name} in {pages:?}");
    }
    assert!(!pages.iter().any(|page| page.contains("help") || page.contains("man.1")), "{pages:?}");
    let text = |name: &str| std::fs::read_to_string(place.folder().join("pages").join(name)).expect("UTF-8");
    for name in &pages {
        let page = text(name);
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}: {page}");
        assert!(!page.contains("s3cret") && !page.contains("192.0.2.7"), "{name}: {page}");
    }
    // A page that names another one must not name a missing one.
    for word in text("hachok.1").split_whitespace().filter(|word| word.ends_with("(1)")) {
        let name = word.replace("\\-", "-").replace("\\fR", "").replace("\\fB", "").replace("(1)", ".1");
        assert!(pages.contains(&name), "{name} in {pages:?}");
    }
    assert!(text("hachok-serve.1").contains("HACHOK_TRUSTED_PROXIES"));
    assert_eq!(place.run_ok(&["man"]), text("hachok.1").trim());
    assert_eq!(place.run_ok(&["man", "token", "add"]), text("hachok-token-add.1").trim());
    assert!(text("hachok.1").contains("EXIT STATUS"));
    for wrong in [&["man", "dance"][..], &["man", "token", "--folder", "pages"]] {
        place.run(wrong).error_line(2);
    }
    let line = place.run(&["man", "--folder", "missing"]).error_line(1);
    assert!(line.contains("missing/hachok.1"), "{line}");
}

/// `hachok man | head` is no error.
#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["man", "serve"][..], &["completions", "zsh"]] {
        let mut command = Place::bare().command(arguments);
        let mut process =
            command.current_dir("/").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        drop(process.stdout.take());
        let mut said = String::new();
        process.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
        assert!(process.wait().expect("an end").success() && said.is_empty(), "{said}");
    }
}

#[test]
#[ignore = "needs root: tests/run"]
fn as_root_completions_do_not_read_the_settings_of_the_service() {
    let place = Place::bare_on_sqlite();
    let settings = place.folder().join("hachok.env");
    std::fs::write(&settings, "DATABASE_URL=a\\b\n").expect("a file");
    let place = place.set("HACHOK_ENV_FILE", &settings.to_string_lossy());
    place.run(&["token", "list"]).error_line(2);
    let ran = place.run(&["completions", "bash"]);
    assert!(ran.stderr.is_empty() && ran.code == Some(0), "{ran:?}");
}
