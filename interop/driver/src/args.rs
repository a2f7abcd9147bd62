//! Command line: positional words and `--name value` flags.

use crate::failure::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const SWITCHES: &[&str] = &["no-artifacts", "values", "verify", "keyed"];
const FLAGS: &[&str] = &[
    "mode",
    "requests",
    "config",
    "clock-us",
    "max-payload",
    "walk",
    "script",
    "n",
    "from",
    "prefix",
    "end",
    "seed",
];

pub struct Args {
    words: Vec<String>,
    flags: BTreeMap<String, String>,
}

impl Args {
    pub fn parse(input: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut args = Self { words: Vec::new(), flags: BTreeMap::new() };
        let mut input = input;
        while let Some(word) = input.next() {
            let Some(name) = word.strip_prefix("--") else {
                args.words.push(word);
                continue;
            };
            if SWITCHES.contains(&name) {
                args.flags.insert(name.to_owned(), String::new());
            } else if FLAGS.contains(&name) {
                let value = input
                    .next()
                    .ok_or_else(|| Failure::usage(format!("--{name} needs a value")))?;
                args.flags.insert(name.to_owned(), value);
            } else {
                return Err(Failure::usage(format!("unknown flag --{name}")));
            }
        }
        Ok(args)
    }

    pub fn command(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The word after the command and `index` others.
    pub fn word(&self, index: usize, what: &str) -> Result<&str, Failure> {
        let word = self.words.get(index + 1).map(String::as_str);
        word.ok_or_else(|| Failure::usage(format!("missing argument: {what}")))
    }

    pub fn dir(&self) -> Result<PathBuf, Failure> {
        Ok(Path::new(self.word(0, "DIR")?).to_path_buf())
    }

    pub fn has(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }

    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let parsed =
            text.parse().map_err(|_| Failure::usage(format!("--{name}: not a number: {text}")))?;
        Ok(Some(parsed))
    }

    /// The value of `name` if it is one of `choices`; the first choice when the flag is absent.
    pub fn choice<'a>(&self, name: &str, choices: &[&'a str]) -> Result<&'a str, Failure> {
        let text = self.text(name).unwrap_or(choices[0]);
        let found = choices.iter().find(|choice| **choice == text);
        found.copied().ok_or_else(|| Failure::usage(format!("--{name} must be one of {choices:?}")))
    }
}
