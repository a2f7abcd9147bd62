//! Oracle of the reference implementation: opens, writes and dumps stores with batpak 0.8.0 (Rust)
//! and prints JSON.
//!
//! Each command prints one JSON document on stdout (`script` one per step). Exit codes: 0 done, 2
//! the call was wrong,
//! 3 the reference refused (then the document is `{"error":{"variant","message",...}}`).

mod args;
mod arm;
mod config;
mod dump;
mod evidence;
mod failure;
mod json;
mod payload;
mod reports;
mod script;
mod sessions;
mod shapes;
mod steps;
mod surgery;

use args::Args;
use failure::Failure;
use serde_json::Value;
use std::io::Write as _;

const USAGE: &str =
    "usage: batpak-interop dump|write|script|append|hold|try|walk|verify|evidence|recode|shapes ...";

fn run() -> Result<(), Failure> {
    let args = Args::parse(std::env::args().skip(1))?;
    match args.command() {
        "dump" => print(&dump::command(&args)?),
        "write" => print(&shapes::write(&args)?),
        "shapes" => print(&shapes::list()),
        "script" => script::command(&args)?,
        "append" => sessions::append(&args)?,
        "hold" => sessions::hold(&args)?,
        "try" => print(&sessions::try_open(&args)?),
        "walk" => print(&evidence::walk_command(&args)?),
        "verify" => print(&evidence::verify_command(&args)?),
        "evidence" => print(&reports::command(&args)?),
        "recode" => print(&reports::recode_command()?),
        _ => return Err(Failure::usage(USAGE)),
    }
    Ok(())
}

/// Prints one document on a line of its own, at once: the process may end without any clean-up.
pub fn print(document: &Value) {
    let mut out = std::io::stdout().lock();
    let sent = writeln!(out, "{document}").and_then(|()| out.flush());
    if sent.is_err() {
        std::process::exit(1);
    }
}

fn main() {
    let outcome = std::panic::catch_unwind(run).unwrap_or_else(|_| Err(Failure::panic()));
    if let Err(failure) = outcome {
        print(&failure.document());
        std::process::exit(failure.exit_code());
    }
}
