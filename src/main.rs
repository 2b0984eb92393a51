//! The binary; its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hachok::cli::run()
}
