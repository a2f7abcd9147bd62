//! Store options from JSON.

use crate::args::Args;
use crate::failure::Failure;
use crate::json::{flag, number, only, text, texts, unhex};
use batpak::store::{SigningKey, StoreConfig, SyncMode};
use serde_json::{json, Value};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

const KEYS: &[&str] = &[
    "segmentMaxBytes",
    "singleAppendMaxBytes",
    "batchMaxSize",
    "batchMaxBytes",
    "groupCommitMaxBatch",
    "syncEveryNEvents",
    "syncMode",
    "mmapIndex",
    "checkpoint",
    "signingKeys",
    "clock",
    "platformProfilePath",
];

/// `--config JSON`, `--no-artifacts` and `--clock-us N` (a clock that stands still) of the command
/// line.
pub fn from_args(dir: &Path, args: &Args) -> Result<StoreConfig, Failure> {
    let mut options: Value = match args.text("config") {
        Some(text) => {
            serde_json::from_str(text).map_err(|e| Failure::usage(format!("--config: {e}")))?
        }
        None => json!({}),
    };
    if args.has("no-artifacts") {
        options["mmapIndex"] = false.into();
        options["checkpoint"] = false.into();
    }
    if let Some(start) = args.number::<i64>("clock-us")? {
        options["clock"] = json!({"startUs": start, "stepUs": 0});
    }
    build(dir, &options)
}

pub fn build(dir: &Path, options: &Value) -> Result<StoreConfig, Failure> {
    only(options, KEYS)?;
    let mut config = StoreConfig::new(dir);
    if let Some(n) = number(options, "segmentMaxBytes")? {
        config = config.with_segment_max_bytes(n);
    }
    if let Some(n) = number(options, "singleAppendMaxBytes")? {
        config = config.with_single_append_max_bytes(n);
    }
    if let Some(n) = number(options, "batchMaxSize")? {
        config = config.with_batch_max_size(n);
    }
    if let Some(n) = number(options, "batchMaxBytes")? {
        config = config.with_batch_max_bytes(n);
    }
    if let Some(n) = number(options, "groupCommitMaxBatch")? {
        config = config.with_group_commit_max_batch(n);
    }
    if let Some(n) = number(options, "syncEveryNEvents")? {
        config = config.with_sync_every_n_events(n);
    }
    if let Some(on) = flag(options, "mmapIndex")? {
        config = config.with_enable_mmap_index(on);
    }
    if let Some(on) = flag(options, "checkpoint")? {
        config = config.with_enable_checkpoint(on);
    }
    if let Some(path) = text(options, "platformProfilePath")? {
        config = config.with_platform_profile_path(path);
    }
    match text(options, "syncMode")? {
        None | Some("all") => {}
        Some("data") => config = config.with_sync_mode(SyncMode::SyncData),
        Some(other) => return Err(Failure::usage(format!("syncMode: {other}"))),
    }
    for seed in texts(options, "signingKeys")? {
        let seed = <[u8; 32]>::try_from(unhex(&seed)?);
        let seed = seed.map_err(|_| Failure::usage("signingKeys: a seed has 32 bytes"))?;
        config = config.with_signing_key(SigningKey::from_bytes(seed));
    }
    clock(config, &options["clock"])
}

/// A clock that starts at `startUs` and goes on by `stepUs` with each reading.
fn clock(config: StoreConfig, options: &Value) -> Result<StoreConfig, Failure> {
    if options.is_null() {
        return Ok(config);
    }
    only(options, &["startUs", "stepUs"])?;
    let start = options["startUs"]
        .as_i64()
        .ok_or_else(|| Failure::usage("clock.startUs: expected an integer"))?;
    let step = options["stepUs"].as_i64().unwrap_or(0);
    let now = AtomicI64::new(start);
    Ok(config.with_clock_fn(move || now.fetch_add(step, Ordering::Relaxed)))
}
