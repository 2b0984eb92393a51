//! `hachok completions` and `hachok man`: what a shell and `man` need. Packages install both.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command as Usage, ValueEnum, ValueHint};
use clap_complete::{Shell as Generator, generate};
use clap_mangen::Man;

use crate::command_error::CommandError;
use crate::version::VERSION;

/// What follows the generated sections of the first page.
const EXIT_STATUS: &[u8] = b".SH \"EXIT STATUS\"\n0 success, 1 runtime error, 2 invalid settings or usage.\n";

/// Whose completions are printed.
#[derive(Args, Debug)]
pub struct Completions {
    /// Shell
    shell: Shell,
}

/// The shells that have completions.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    /// In ~/.bashrc: source <(hachok completions bash)
    Bash,
    /// In ~/.zshrc, after compinit: source <(hachok completions zsh)
    Zsh,
    /// hachok completions fish >~/.config/fish/completions/hachok.fish
    Fish,
}

/// Which page is written, and where.
#[derive(Args, Debug)]
pub struct Page {
    /// Command whose page is printed, such as: token add [default: hachok itself]
    #[arg(conflicts_with = "folder")]
    command: Vec<String>,
    /// Existing folder into which the pages of all commands are written, as hachok.1, hachok-serve.1 …
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Prints the script that completes the commands and flags of `usage`.
pub fn completions(wanted: &Completions, mut usage: Usage) -> Result<(), CommandError> {
    let generator = match wanted.shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut script = Vec::new();
    generate(generator, &mut usage, "hachok", &mut script);
    print(&script)
}

/// Prints one manual page, or writes all of them into a folder.
pub fn man(wanted: &Page, usage: Usage) -> Result<(), CommandError> {
    // The pages of `help` would repeat those of the commands.
    let mut usage = usage.disable_help_subcommand(true);
    // Gives each command its whole name, such as hachok-token-add.
    usage.build();
    if let Some(folder) = &wanted.folder {
        return write_all(&usage, folder);
    }
    let mut found = &usage;
    for name in &wanted.command {
        found = found
            .find_subcommand(name)
            .ok_or_else(|| CommandError::Setting("there is no such command; `hachok --help` names all".into()))?;
    }
    print(&rendered(found)?)
}

/// Commands that the help hides have no page.
fn write_all(command: &Usage, folder: &Path) -> Result<(), CommandError> {
    let file = folder.join(format!("{}.1", name(command)));
    std::fs::write(&file, rendered(command)?)
        .map_err(|error| CommandError::RunTime(format!("cannot write {}: {error}", file.display())))?;
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| write_all(below, folder))
}

fn rendered(command: &Usage) -> Result<Vec<u8>, CommandError> {
    let is_first = command.get_name() == "hachok";
    let mut page = Vec::new();
    Man::new(command.clone()).source(format!("hachok {VERSION}")).render(&mut page)?;
    if is_first {
        page.extend_from_slice(EXIT_STATUS);
    }
    Ok(page)
}

fn name(command: &Usage) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// A reader that closes the pipe early, such as `head`, has what it wants.
fn print(bytes: &[u8]) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
