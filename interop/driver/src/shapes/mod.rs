//! The named shapes of the fixtures: how each store is written, and what the reference then does
//! with it.

mod builders;
mod compaction;
mod content;
mod damage;
mod endings;
mod fences;
mod writes;

use crate::args::Args;
use crate::failure::Failure;
use serde_json::{json, Value};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Shape {
    pub name: &'static str,
    /// How the store was written.
    pub how: &'static str,
    /// What the reference does wrong or oddly with it; empty when nothing.
    pub reference: &'static str,
    /// Ids of hazards, faults and deviations that this shape shows.
    pub ids: &'static [&'static str],
    pub acts: Vec<Act>,
}

type Change = dyn Fn(&Path) -> std::io::Result<()>;

/// Shapes are written by a sequence of processes, with surgery in between.
pub enum Act {
    /// One process that runs these steps. `expectError` of a step names the refusal that must come,
    /// `expectDeath` that the process ends in it.
    Life(Vec<Value>),
    /// A change of the files while no process has them open.
    Files(Box<Change>),
    /// A read-only open.
    ReadOnly,
}

fn all() -> Vec<Shape> {
    let groups = [
        endings::shapes(),
        content::shapes(),
        fences::shapes(),
        damage::shapes(),
        compaction::shapes(),
        writes::shapes(),
    ];
    groups.into_iter().flatten().collect()
}

pub fn list() -> Value {
    all().iter().map(describe).collect()
}

fn describe(shape: &Shape) -> Value {
    json!({"shape": shape.name, "how": shape.how, "reference": shape.reference, "ids": shape.ids})
}

/// `write DIR SHAPE [--seed N]`: the seed moves the clocks of all lives by N seconds.
pub fn write(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let name = args.word(1, "SHAPE")?;
    let seed: i64 = args.number("seed")?.unwrap_or(0);
    let shape = all().into_iter().find(|shape| shape.name == name);
    let shape =
        shape.ok_or_else(|| Failure::usage(format!("unknown shape {name}; see `shapes`")))?;
    let io = |e: std::io::Error| Failure::other("Io", e.to_string());
    std::fs::create_dir_all(&dir).map_err(io)?;
    if std::fs::read_dir(&dir).map_err(io)?.next().is_some() {
        return Err(Failure::usage("the directory is not empty"));
    }
    let mut lives = Vec::new();
    for act in &shape.acts {
        match act {
            Act::Life(steps) => lives.push(live(&dir, steps, lives.len(), seed)?),
            Act::Files(change) => change(&dir).map_err(io)?,
            Act::ReadOnly => read_only(&dir)?,
        }
    }
    let mut written = describe(&shape);
    written["lives"] = lives.into();
    Ok(written)
}

fn read_only(dir: &Path) -> Result<(), Failure> {
    let config = batpak::store::StoreConfig::new(dir);
    let store = batpak::store::Store::open_read_only(config);
    store.map(drop).map_err(|e| Failure::store(&e, dir))
}

/// Runs one life in a process of its own, because `exit` must really end one.
fn live(dir: &Path, steps: &[Value], index: usize, seed: i64) -> Result<Value, Failure> {
    let io = |e: std::io::Error| Failure::other("Io", e.to_string());
    let script: Value = steps.iter().map(|step| prepared(step, index, seed)).collect();
    let mut child = Command::new(std::env::current_exe().map_err(io)?)
        .arg("script")
        .arg(dir)
        .args(["--script", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(io)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.to_string().as_bytes()).map_err(io)?;
    }
    let output = child.wait_with_output().map_err(io)?;
    let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let results: Vec<Value> = lines.filter_map(Result::ok).collect();
    for (at, step) in steps.iter().enumerate() {
        let result = results.get(at).unwrap_or(&Value::Null);
        if step["expectDeath"] == true && result.is_null() {
            break;
        }
        let expected = &step["expectError"];
        if result.is_null() || result["error"]["variant"] != *expected {
            return Err(Failure::other("Shape", format!("step {step} gave {result}")));
        }
    }
    Ok(results.into())
}

/// The step as `script` wants it, with a clock that is later in each life.
fn prepared(step: &Value, life: usize, seed: i64) -> Value {
    let mut step = step.clone();
    if let Value::Object(fields) = &mut step {
        fields.remove("expectError");
        fields.remove("expectDeath");
    }
    if step["op"] == "open" && step["config"]["clock"].is_null() {
        let hours = i64::try_from(life).unwrap_or(0) * 3600;
        step["config"]["clock"] =
            json!({"startUs": 1_700_000_000_000_000 + (hours + seed) * 1_000_000, "stepUs": 500});
    }
    step
}
