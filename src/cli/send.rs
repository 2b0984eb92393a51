//! `hachok send`: posts an event to a running server.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use serde::{Deserialize, Serialize};

use super::event_argument::EventArgument;
use super::server::{Answer, ServerSettings};
use super::{event_inbox, input_file};
use crate::command_error::CommandError;
use crate::domain::events::catalogue::EventName;
use crate::domain::inboxes::EXTERNAL_ID_CHARS_MAX;
use crate::domain::json::{self, Members};
use crate::domain::text;

const PATH: &str = "/api/v1/events";
/// No server takes a larger event (`--max-payload`).
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
const DETAIL_CHARS_MAX: usize = 300;

/// What is sent, and where.
#[derive(Args, Debug)]
pub struct Message {
    /// Name of the event
    #[arg(value_parser = EventArgument)]
    event: EventName,
    /// ID that the inbox has in the help desk; replaces that of the body
    #[arg(long, value_name = "EXTERNAL_ID", value_parser = external_id)]
    inbox: Option<String>,
    /// File with the body, a JSON object; - is standard input [default: the sample of the catalogue]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Print {"id":…,"event":…,"deliveries":…}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerSettings,
}

/// The answer to an accepted event.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Accepted {
    id: String,
    event: String,
    deliveries: u64,
}

/// The members of a problem (RFC 9457) that are used.
#[derive(Deserialize)]
struct Problem {
    r#type: String,
    detail: String,
}

fn external_id(text: &str) -> Result<String, String> {
    let id = text::cleaned(text);
    if (1..=EXTERNAL_ID_CHARS_MAX).contains(&id.chars().count()) {
        Ok(id)
    } else {
        Err(format!("must be 1 to {EXTERNAL_ID_CHARS_MAX} characters"))
    }
}

pub async fn run(message: Message) -> Result<(), CommandError> {
    let body = match &message.file {
        Some(file) => body_of(file, &message).await.map_err(|error| match error {
            CommandError::RunTime(line) => CommandError::RunTime(format!("{}: {line}", file.display())),
            CommandError::Setting(_) => error,
        })?,
        None => in_inbox(message.event.sample().as_bytes().to_vec(), &message)?,
    };
    let answer = message.server.post(PATH, body).await?;
    let accepted = outcome(&message.server.place(), &answer).map_err(CommandError::RunTime)?;
    if message.json {
        println!("{}", serde_json::to_string(&accepted)?);
    } else {
        println!("{}", in_words(&accepted));
    }
    Ok(())
}

async fn body_of(file: &Path, message: &Message) -> Result<Vec<u8>, CommandError> {
    let bytes = input_file::read(file, BODY_BYTES_MAX).await?;
    in_inbox(named(bytes, message.event)?, message)
}

/// The body of a file, with the name of the event in front if it has none. All other bytes stay as they are.
fn named(bytes: Vec<u8>, event: EventName) -> Result<Vec<u8>, CommandError> {
    let members = Members::read(json_of(&bytes)?).map_err(|error| not_an_object(&error))?;
    let Some(name) = members.get("event") else {
        let comma = if members.entries().is_empty() { "" } else { "," };
        let member = format!("\"event\":\"{}\"{comma}", event.as_str());
        // The object begins with the first brace: only white space may be before it.
        let after = bytes.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
        let (before, rest) = bytes.split_at(after);
        return Ok([before, member.as_bytes(), rest].concat());
    };
    match json::text(name) {
        Some(name) if name == event.as_str() => Ok(bytes),
        Some(name) => Err(CommandError::Setting(format!(
            "the file holds the event {:?}, not {}: name that one, or remove \"event\" from the file",
            text::cleaned_to(&name, EXTERNAL_ID_CHARS_MAX),
            event.as_str()
        ))),
        None => Err(CommandError::RunTime("\"event\" is not a text".into())),
    }
}

/// The text of a body, without a byte order mark: the server removes it, too.
fn json_of(bytes: &[u8]) -> Result<&str, CommandError> {
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(json)
        .map_err(|error| CommandError::RunTime(format!("not UTF-8 from byte {}", error.valid_up_to() + 1)))
}

fn not_an_object(error: &serde_json::Error) -> CommandError {
    CommandError::RunTime(format!("not a JSON object: {error}"))
}

/// The body with the inbox of the command line, if there is one.
fn in_inbox(body: Vec<u8>, message: &Message) -> Result<Vec<u8>, CommandError> {
    let Some(id) = &message.inbox else { return Ok(body) };
    let moved = event_inbox::moved(json_of(&body)?, message.event, id);
    moved.map(String::into_bytes).map_err(|error| not_an_object(&error))
}

/// The accepted event, or what to do.
fn outcome(place: &str, answer: &Answer) -> Result<Accepted, String> {
    if answer.status == 202
        && let Ok(accepted) = serde_json::from_slice(&answer.body)
    {
        return Ok(accepted);
    }
    let problem = serde_json::from_slice(&answer.body).ok();
    let problem = problem.as_ref().and_then(|problem: &Problem| {
        Some((problem.r#type.strip_prefix("urn:hachok:problem:")?, text::cleaned_to(&problem.detail, DETAIL_CHARS_MAX)))
    });
    let status = answer.status;
    Err(match (status, problem) {
        (401, Some(_)) => format!(
            "{place} does not know the token, or it is revoked or expired; `hachok token add --name NAME --scope ingest` \
             makes one"
        ),
        (403, Some((_, detail))) => {
            format!("{place} refuses the token: {detail} `hachok token add --name NAME --scope ingest` makes one")
        }
        (413, Some((_, detail))) => {
            format!("{place} refuses the event: {detail} Its setting --max-payload allows more")
        }
        (503, Some(("overloaded", _))) => {
            let wait = answer.retry_after.as_deref().and_then(|text| text.parse::<u32>().ok());
            let wait = wait.map_or_else(|| "later".to_owned(), |seconds| format!("in {seconds} s"));
            format!("{place} is overloaded and has not stored the event: send it again {wait}")
        }
        (503, Some(("unknown", _))) => format!(
            "{place} has no answer of its database: the event may have been stored; look at \"Received events\" before you \
             send it again"
        ),
        (500.., Some((_, detail))) => format!("{place} answered {status}: {detail}"),
        (_, Some((_, detail))) => format!("{place} refuses the event: {detail}"),
        (300..=399, None) => {
            let other = answer.location.as_deref().map(|url| text::cleaned_to(url, DETAIL_CHARS_MAX));
            let other = other.unwrap_or_else(|| "another place".into());
            format!("{place} redirects to {other}: set --server (HACHOK_SERVER) to the URL of Hachok itself")
        }
        (502..=504, None) => format!(
            "{place} answered {status}, but not as Hachok does: it is a proxy whose server does not run or does not answer"
        ),
        (_, None) => format!(
            "{place} answered {status}, but not as Hachok does: set --server (HACHOK_SERVER) to the URL of Hachok, and look \
             what is between (a proxy, a page to sign in)"
        ),
    })
}

fn in_words(accepted: &Accepted) -> String {
    let (id, event) = (
        text::cleaned_to(&accepted.id, EXTERNAL_ID_CHARS_MAX),
        text::cleaned_to(&accepted.event, EXTERNAL_ID_CHARS_MAX),
    );
    match accepted.deliveries {
        0 => format!("{id} ({event}) is accepted, without a delivery: no webhook wants it"),
        1 => format!("{id} ({event}) is accepted, with 1 delivery"),
        count => format!("{id} ({event}) is accepted, with {count} deliveries"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: Some("7".into()), location: None, body: body.into() }
    }

    fn named_text(body: &str) -> Result<String, CommandError> {
        let bytes = named(body.into(), EventName::MessageCreated)?;
        Ok(String::from_utf8(bytes).expect("UTF-8"))
    }

    #[test]
    fn a_body_gets_its_event_and_is_otherwise_not_changed() {
        for (body, expected) in [
            ("{}", "{\"event\":\"message_created\"}"),
            ("\u{feff} { \"n\": 1e400 }\n", "\u{feff} {\"event\":\"message_created\", \"n\": 1e400 }\n"),
            ("{\"event\" :\"message\\u005fcreated\"}", "{\"event\" :\"message\\u005fcreated\"}"),
        ] {
            assert_eq!(named_text(body).expect(body), expected);
        }
        assert!(matches!(named_text("{\"event\":\"team_changed\"}"), Err(CommandError::Setting(_))));
        for wrong in ["", "[]", "1", "{\"event\":1}", "{\"event\":null}", "{", "{} {}"] {
            assert!(matches!(named_text(wrong), Err(CommandError::RunTime(_))), "{wrong}");
        }
        let line = named(b"{\"a\":\"\xff\"}".to_vec(), EventName::MessageCreated).expect_err("no UTF-8");
        assert_eq!(line.line(), "not UTF-8 from byte 7");
    }

    #[test]
    fn each_answer_becomes_one_line_that_says_what_to_do() {
        let problem = |code: &str| format!("{{\"type\":\"urn:hachok:problem:{code}\",\"detail\":\"Why.\"}}");
        for (status, body, words) in [
            (401, problem("unauthorized"), "hachok token add"),
            (403, problem("forbidden"), "Why."),
            (413, problem("too_large"), "--max-payload"),
            (422, problem("unknown_event"), "refuses the event: Why."),
            (500, problem("internal"), "answered 500: Why."),
            (503, problem("overloaded"), "send it again in 7 s"),
            (503, problem("unknown"), "may have been stored"),
            (200, "<html>\u{1b}[31m".into(), "not as Hachok does"),
            (202, "{}".into(), "not as Hachok does"),
            (403, "<html>".into(), "not as Hachok does"),
            (404, "{\"type\":\"other\",\"detail\":\"x\"}".into(), "not as Hachok does"),
            (502, "<html>".into(), "proxy"),
            (302, String::new(), "redirects to another place: set --server"),
        ] {
            let line = outcome("http://h", &answer(status, &body)).expect_err("refused");
            assert!(line.contains(words) && line.lines().count() == 1, "{status}: {line}");
            assert!(line.starts_with("http://h ") && !line.contains('\u{1b}'), "{line}");
        }
    }

    #[test]
    fn the_number_of_deliveries_is_shown_in_words() {
        let words = |deliveries| in_words(&Accepted { id: "evt_1".into(), event: "team_changed".into(), deliveries });
        assert!(words(0).ends_with("without a delivery: no webhook wants it"));
        assert!(words(1).ends_with("with 1 delivery") && words(2).ends_with("with 2 deliveries"));
    }
}
