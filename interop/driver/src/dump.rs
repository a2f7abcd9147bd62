//! Everything that a reader of the reference sees in a store.

use crate::args::Args;
use crate::config;
use crate::evidence;
use crate::failure::{without_path, Failure};
use crate::json::{exact, hex, id, int, uint};
use batpak::coordinate::Region;
use batpak::id::EventId;
use batpak::store::cold_start::rebuild::OpenIndexReport;
use batpak::store::index::IndexEntry;
use batpak::store::{EncodedBytes, ExtensionKey, FrontierView, HlcPoint, Store};
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Default)]
pub struct DumpOptions {
    /// Adds what the JSON-valued read returns.
    pub values: bool,
    /// Adds chain-walk evidence per entity.
    pub verify: bool,
    /// Longest ancestor walk per entity; 0 leaves it out.
    pub walk: usize,
    /// Longer payloads are given by their length and hash only.
    pub max_payload: Option<usize>,
}

pub fn command(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let options = DumpOptions {
        values: args.has("values"),
        verify: args.has("verify"),
        walk: args.number("walk")?.unwrap_or(0),
        max_payload: args.number("max-payload")?,
    };
    let config = config::from_args(&dir, args)?;
    let refused = |e| Failure::store(&e, &dir);
    match args.choice("mode", &["ro", "rw-none"])? {
        "ro" => Ok(dump(&Store::open_read_only(config).map_err(refused)?, &options, &dir)),
        _ => {
            let config = config.with_enable_mmap_index(false).with_enable_checkpoint(false);
            let store = Store::open(config).map_err(refused)?;
            let seen = dump(&store, &options, &dir);
            // Killed rather than dropped: a drop would add a footer.
            crate::print(&seen);
            std::process::exit(0)
        }
    }
}

pub fn dump<S>(store: &Store<S>, options: &DumpOptions, dir: &Path) -> Value {
    let diagnostics = store.diagnostics();
    let mut entries = store.query(&Region::all());
    // Rows of equal sequence (they exist after a retention) come in a random order.
    entries.sort_by_key(|entry| {
        let at = entry.disk_pos();
        (entry.global_sequence(), at.segment_id(), at.offset())
    });
    let rows: Vec<Value> = entries.iter().map(|entry| row(store, entry, options)).collect();
    json!({
        "openReport": open_report(&diagnostics.open_report, dir),
        "eventCount": diagnostics.event_count,
        "globalSequence": uint(diagnostics.global_sequence),
        "visibleSequence": uint(diagnostics.visible_sequence),
        "frontier": frontier(&store.frontier()),
        "entities": entities(store, &entries, options),
        "rows": rows,
    })
}

fn row<S>(store: &Store<S>, entry: &IndexEntry, options: &DumpOptions) -> Value {
    let at = entry.disk_pos();
    let chain = entry.hash_chain();
    let mut row = json!({
        "globalSequence": uint(entry.global_sequence()),
        "eventId": id(entry.event_id()),
        "correlationId": id(entry.correlation_id()),
        "causationId": entry.causation_id().map(id),
        "entity": entry.coord().entity(),
        "scope": entry.coord().scope(),
        "kind": entry.event_kind().as_raw_u16(),
        "wallMs": uint(entry.wall_ms()),
        "clock": entry.clock(),
        "lane": entry.dag_lane(),
        "depth": entry.dag_depth(),
        "prevHash": hex(&chain.prev_hash),
        "eventHash": hex(&chain.event_hash),
        "segmentId": uint(at.segment_id()),
        "offset": uint(at.offset()),
        "length": at.length(),
        "extensions": extensions(entry.receipt_extensions()),
    });
    if let Value::Object(fields) = &mut row {
        let long = raw_read(store, entry, options, fields);
        if options.values && !long {
            json_read(store, entry, fields);
        }
    }
    row
}

/// Adds what the raw read returns; tells whether the payload was too long to be written out.
fn raw_read<S>(
    store: &Store<S>,
    entry: &IndexEntry,
    options: &DumpOptions,
    row: &mut Map<String, Value>,
) -> bool {
    let stored = match store.read_raw(EventId::from(entry.event_id())) {
        Ok(stored) => stored,
        Err(e) => {
            row.insert("readError".to_owned(), crate::failure::variant(&e).into());
            return false;
        }
    };
    let (header, payload) = (&stored.event.header, &stored.event.payload);
    let long = options.max_payload.is_some_and(|max| payload.len() > max);
    row.insert("timestampUs".to_owned(), int(header.timestamp_us));
    row.insert("flags".to_owned(), header.flags.into());
    row.insert("contentHash".to_owned(), hex(&header.content_hash).into());
    row.insert("payloadLength".to_owned(), payload.len().into());
    if !long {
        row.insert("payload".to_owned(), hex(payload).into());
    }
    long
}

fn json_read<S>(store: &Store<S>, entry: &IndexEntry, row: &mut Map<String, Value>) {
    match store.get(EventId::from(entry.event_id())) {
        Ok(stored) => row.insert("value".to_owned(), exact(stored.event.payload)),
        Err(e) => row.insert("valueError".to_owned(), crate::failure::variant(&e).into()),
    };
}

pub fn extensions(map: &BTreeMap<ExtensionKey, EncodedBytes>) -> Value {
    map.iter().map(|(key, bytes)| (key.as_str(), Value::from(hex(bytes)))).collect()
}

/// Per entity: its generation and its stream as global sequences, in the reference's stream order.
fn entities<S>(store: &Store<S>, entries: &[IndexEntry], options: &DumpOptions) -> Value {
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.coord().entity()).collect();
    let describe = |name: &str| {
        let stream = store.by_entity(name);
        let sequences: Vec<Value> =
            stream.iter().map(|entry| uint(entry.global_sequence())).collect();
        let mut entity = json!({
            "entity": name,
            "generation": store.entity_generation(name).map(uint),
            "stream": sequences,
        });
        if let Some(last) = stream.last() {
            if options.walk > 0 {
                entity["ancestors"] = evidence::ancestors(store, last.event_id(), options.walk);
            }
            if options.verify {
                entity["chain"] = evidence::chain(store, last.event_id());
            }
        }
        entity
    };
    names.into_iter().map(describe).collect()
}

/// The open report without its durations, under camel-case names.
fn open_report(report: &Option<OpenIndexReport>, dir: &Path) -> Value {
    let Ok(Value::Object(fields)) = serde_json::to_value(report) else { return Value::Null };
    let steady = |name: &str| name != "elapsed_us" && !name.starts_with("phase_");
    let without_paths = |value: Value| match value {
        Value::String(text) => without_path(&text, dir).into(),
        other => other,
    };
    let kept = fields.into_iter().filter(|(name, _)| steady(name));
    kept.map(|(name, value)| (camel_case(&name), without_paths(value))).collect()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

fn frontier(view: &FrontierView) -> Value {
    let point = |at: HlcPoint| {
        let (wall_ms, sequence) = (uint(at.wall_ms), uint(at.global_sequence));
        json!({"wallMs": wall_ms, "globalSequence": sequence})
    };
    json!({
        "accepted": point(view.accepted_hlc),
        "written": point(view.written_hlc),
        "durable": point(view.durable_hlc),
        "visible": point(view.visible_hlc),
        "applied": point(view.applied_hlc),
        "emitted": point(view.emitted_hlc),
    })
}
