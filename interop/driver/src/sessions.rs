//! Commands that open a store for a short job: append, hold its lock, try to open it.

use crate::args::Args;
use crate::config;
use crate::failure::Failure;
use crate::print;
use crate::steps;
use batpak::store::{Store, StoreConfig};
use serde_json::{json, Value};
use std::io::Read as _;

const ENDS: &[&str] = &["close", "drop", "kill"];

/// Appends `--n` events `{"i", "p"}` to entity `--prefix`, and ends by close, drop or kill.
pub fn append(args: &Args) -> Result<(), Failure> {
    let dir = args.dir()?;
    let count: u64 = args.number("n")?.ok_or_else(|| Failure::usage("missing --n"))?;
    let from: u64 = args.number("from")?.unwrap_or(0);
    let prefix = args.text("prefix").unwrap_or("batpak");
    let end = args.choice("end", ENDS)?;
    let refused = |e| Failure::store(&e, &dir);
    let store = Store::open(config::from_args(&dir, args)?).map_err(refused)?;
    let mut receipts = Vec::new();
    for i in from..from.saturating_add(count) {
        let mut step = json!({
            "op": "append", "entity": prefix, "scope": "interop", "kind": 0xA001,
            "value": {"i": i, "p": prefix},
        });
        if args.has("keyed") {
            step["key"] = crate::json::id(key(prefix, i)).into();
        }
        receipts.push(steps::append(&store, &step, &dir)?);
    }
    let document = json!({ "receipts": receipts, "end": end });
    match end {
        "close" => {
            store.close().map_err(refused)?;
        }
        "drop" => drop(store),
        _ => {
            print(&document);
            std::process::exit(0)
        }
    }
    print(&document);
    Ok(())
}

/// A key that depends on nothing but its arguments (FNV-1a of the prefix, then the number).
fn key(prefix: &str, i: u64) -> u128 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = prefix.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (u128::from(hash) << 64) | u128::from(i)
}

/// Opens the store, says so, and keeps it until stdin ends.
pub fn hold(args: &Args) -> Result<(), Failure> {
    let dir = args.dir()?;
    let store = Opened::open(args)?;
    print(&json!({ "held": true, "mode": store.mode() }));
    let mut rest = Vec::new();
    let ended = std::io::stdin().read_to_end(&mut rest);
    store.close().map_err(|e| Failure::store(&e, &dir))?;
    ended.map_err(|e| Failure::other("Io", e.to_string()))?;
    print(&json!({ "held": false }));
    Ok(())
}

pub fn try_open(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let store = Opened::open(args)?;
    let mode = store.mode();
    store.close().map_err(|e| Failure::store(&e, &dir))?;
    Ok(json!({ "opened": true, "mode": mode }))
}

enum Opened {
    Mutable(Store),
    ReadOnly(Store<batpak::store::ReadOnly>),
}

impl Opened {
    fn open(args: &Args) -> Result<Self, Failure> {
        let dir = args.dir()?;
        let config: StoreConfig = config::from_args(&dir, args)?;
        let opened = match args.choice("mode", &["rw", "ro"])? {
            "rw" => Store::open(config).map(Self::Mutable),
            _ => Store::open_read_only(config).map(Self::ReadOnly),
        };
        opened.map_err(|e| Failure::store(&e, &dir))
    }

    fn mode(&self) -> &'static str {
        match self {
            Self::Mutable(_) => "rw",
            Self::ReadOnly(_) => "ro",
        }
    }

    fn close(self) -> Result<(), batpak::store::StoreError> {
        match self {
            Self::Mutable(store) => store.close().map(drop),
            Self::ReadOnly(store) => {
                drop(store);
                Ok(())
            }
        }
    }
}
