//! Single operations on an open store, described by JSON. The step schema is in interop/README.md.

use crate::dump::{self, DumpOptions};
use crate::evidence;
use crate::failure::{variant, Failure};
use crate::json::{hex, id, list, need, number, only, parse_id, text, texts, uint, unhex};
use crate::payload;
use crate::reports;
use batpak::coordinate::Coordinate;
use batpak::event::EventKind;
use batpak::guard::{Denial, Gate, GateSet};
use batpak::id::{CausationId, CorrelationId, EntityIdType, EventId, IdempotencyKey};
use batpak::store::index::DiskPos;
use batpak::store::{
    AppendOptions, AppendPositionHint, AppendReceipt, BatchAppendItem, CausationRef,
    CompactionConfig, CompactionStrategy, DenialReceipt, DurabilityGate, EncodedBytes,
    ExtensionKey, ReceiptVerification, RetentionPredicate, Store, StoreError, WatermarkKind,
};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const DRAFT: &[&str] = &[
    "op",
    "entity",
    "scope",
    "kind",
    "payload",
    "value",
    "key",
    "correlation",
    "causation",
    "prior",
    "cas",
    "lane",
    "depth",
    "flags",
    "extensions",
    "until",
    "unfenced",
];

const DENIAL: &[&str] = &[
    "op",
    "entity",
    "scope",
    "gates",
    "deny",
    "proposedKind",
    "proposedContentHash",
    "pipelineId",
    "key",
    "correlation",
    "causation",
    "cas",
    "lane",
    "depth",
    "flags",
    "extensions",
    "until",
];

pub fn append(store: &Store, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, DRAFT)?;
    let value = payload::replayable(&payload::bytes(step)?)?;
    let receipt = store.append_with_options(
        &coordinate(step, dir)?,
        kind(step, "kind")?,
        &value,
        options(step)?,
    );
    receipt.map(|receipt| receipt_json(&receipt)).map_err(|e| Failure::store(&e, dir))
}

pub fn batch(store: &Store, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, &["op", "items", "reaction", "unfenced"])?;
    let items = items(step, dir)?;
    let receipts = match &step["reaction"] {
        Value::Null => store.append_batch(items),
        reaction => {
            let correlation = CorrelationId::from(parse_id(need(reaction, "correlation")?)?);
            let causation = CausationId::from(parse_id(need(reaction, "causation")?)?);
            store.append_reaction_batch(correlation, causation, items)
        }
    };
    receipts.map(|all| receipts_json(&all)).map_err(|e| Failure::store(&e, dir))
}

pub fn items(step: &Value, dir: &Path) -> Result<Vec<BatchAppendItem>, Failure> {
    list(step, "items")?.iter().map(|draft| item(draft, dir)).collect()
}

fn item(draft: &Value, dir: &Path) -> Result<BatchAppendItem, Failure> {
    only(draft, DRAFT)?;
    let causation = match (number(draft, "prior")?, text(draft, "causation")?) {
        (Some(index), None) => CausationRef::PriorItem(index),
        (None, Some(cause)) => CausationRef::Absolute(parse_id(cause)?),
        (None, None) => CausationRef::None,
        _ => return Err(Failure::usage("give either prior or causation")),
    };
    let mut options = options(draft)?;
    options.causation_id = None;
    let bytes = payload::bytes(draft)?;
    let (at, kind) = (coordinate(draft, dir)?, kind(draft, "kind")?);
    Ok(BatchAppendItem::from_msgpack_bytes(at, kind, bytes, options, causation))
}

pub fn coordinate(step: &Value, dir: &Path) -> Result<Coordinate, Failure> {
    let at = Coordinate::new(need(step, "entity")?, need(step, "scope")?);
    at.map_err(|e| Failure::store(&StoreError::from(e), dir))
}

/// Any raw kind, reserved ones too: the reference's public append takes them.
pub fn kind(step: &Value, key: &str) -> Result<EventKind, Failure> {
    let raw: u16 = number(step, key)?.ok_or_else(|| Failure::usage(format!("missing {key}")))?;
    serde_json::from_value(raw.into()).map_err(|e| Failure::usage(e.to_string()))
}

fn options(step: &Value) -> Result<AppendOptions, Failure> {
    let mut options = AppendOptions::new();
    options.expected_sequence = number(step, "cas")?;
    options.flags = number(step, "flags")?.unwrap_or(0);
    options.extensions = extensions(&step["extensions"])?;
    if let Some(key) = text(step, "key")? {
        options = options.with_idempotency(IdempotencyKey::from(parse_id(key)?));
    }
    if let Some(correlation) = text(step, "correlation")? {
        options = options.with_correlation(CorrelationId::from(parse_id(correlation)?));
    }
    if let Some(cause) = text(step, "causation")? {
        options = options.with_causation(CausationId::from(parse_id(cause)?));
    }
    let (lane, depth) = (number(step, "lane")?, number(step, "depth")?);
    if lane.is_some() || depth.is_some() {
        options = options
            .with_position_hint(AppendPositionHint::new(lane.unwrap_or(0), depth.unwrap_or(0)));
    }
    let until = match text(step, "until")? {
        None => return Ok(options),
        Some("durable") => WatermarkKind::Durable,
        Some("applied") => WatermarkKind::Applied,
        Some("visible") => WatermarkKind::Visible,
        Some(other) => return Err(Failure::usage(format!("until: {other}"))),
    };
    Ok(options.with_gate(DurabilityGate { kind: until, timeout: Duration::from_secs(5) }))
}

fn extensions(object: &Value) -> Result<BTreeMap<ExtensionKey, EncodedBytes>, Failure> {
    let mut map = BTreeMap::new();
    for (key, bytes) in object.as_object().into_iter().flatten() {
        let bytes =
            bytes.as_str().ok_or_else(|| Failure::usage("extensions: expected hex strings"))?;
        let key = ExtensionKey::new(key.as_str()).map_err(|e| Failure::extension_key(&e))?;
        map.insert(key, unhex(bytes)?);
    }
    Ok(map)
}

pub fn receipts_json(receipts: &[AppendReceipt]) -> Value {
    json!({ "receipts": receipts.iter().map(receipt_json).collect::<Vec<_>>() })
}

pub fn receipt_json(receipt: &AppendReceipt) -> Value {
    json!({
        "eventId": id(receipt.event_id.as_u128()),
        "sequence": uint(receipt.sequence),
        "contentHash": hex(&receipt.content_hash),
        "keyId": hex(&receipt.key_id),
        "signature": receipt.signature.as_ref().map(|bytes| hex(bytes)),
        "extensions": dump::extensions(&receipt.extensions),
        "position": position(receipt.disk_pos()),
    })
}

fn position(at: DiskPos) -> Value {
    json!({"segmentId": uint(at.segment_id()), "offset": uint(at.offset()), "length": at.length()})
}

struct NamedGate(&'static str);

impl Gate<()> for NamedGate {
    fn name(&self) -> &'static str {
        self.0
    }

    fn evaluate(&self, (): &()) -> Result<(), Denial> {
        Ok(())
    }
}

/// Gate names must live as long as the process; it is short.
fn forever(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

pub fn denial(store: &Store, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, DENIAL)?;
    let mut gates = GateSet::new();
    for name in texts(step, "gates")? {
        gates.push(NamedGate(forever(&name)));
    }
    let deny = &step["deny"];
    let mut failing = Denial::new(forever(need(deny, "gate")?), need(deny, "message")?);
    failing = failing.with_code(need(deny, "code")?);
    for pair in list(deny, "context")? {
        let side = |at: usize| {
            pair[at].as_str().ok_or_else(|| Failure::usage("context: pairs of strings"))
        };
        failing = failing.with_context(side(0)?, side(1)?);
    }
    let hash = text(step, "proposedContentHash")?.map(unhex).transpose()?.map(<[u8; 32]>::try_from);
    let hash = hash.transpose().map_err(|_| Failure::usage("proposedContentHash: 32 bytes"))?;
    let pipeline = text(step, "pipelineId")?.map(str::to_owned);
    let at = coordinate(step, dir)?;
    let proposed = kind(step, "proposedKind")?;
    let receipt =
        store.append_denial(&at, proposed, &gates, &failing, hash, pipeline, options(step)?);
    let receipt = receipt.map_err(|e| Failure::store(&e, dir))?;
    Ok(json!({
        "eventId": id(receipt.event_id.as_u128()),
        "sequence": uint(receipt.sequence),
        "contentHash": hex(&receipt.content_hash),
        "keyId": hex(&receipt.key_id),
        "signature": receipt.signature.as_ref().map(|bytes| hex(bytes)),
        "extensions": dump::extensions(&receipt.extensions),
        "position": position(receipt.disk_pos()),
    }))
}

/// Events whose id is in `drop` or whose entity is in `dropEntities` fail the predicate.
pub fn compact(store: &Store, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, &["op", "strategy", "minSegments", "drop", "dropEntities"])?;
    let ids = texts(step, "drop")?
        .iter()
        .map(|text| parse_id(text))
        .collect::<Result<BTreeSet<_>, _>>()?;
    let entities: BTreeSet<String> = texts(step, "dropEntities")?.into_iter().collect();
    let keep: RetentionPredicate = Box::new(move |stored| {
        !ids.contains(&stored.event.header.event_id.as_u128())
            && !entities.contains(stored.coordinate.entity())
    });
    let strategy = match need(step, "strategy")? {
        "merge" => CompactionStrategy::Merge,
        "retain" => CompactionStrategy::Retention(keep),
        "tombstone" => CompactionStrategy::Tombstone(keep),
        other => return Err(Failure::usage(format!("strategy: {other}"))),
    };
    let min_segments = number(step, "minSegments")?.unwrap_or(2);
    let done = store.compact(&CompactionConfig { strategy, min_segments });
    let (result, report) = done.map_err(|e| Failure::store(&e, dir))?;
    let hash = report.body_hash().map_err(|e| Failure::other("BodyEncoding", e.to_string()))?;
    Ok(json!({
        "outcome": variant(&result.outcome),
        "segmentsRemoved": result.segments_removed,
        "bytesReclaimed": uint(result.bytes_reclaimed),
        "report": reports::reported(&report, &hash)?,
    }))
}

/// Checks the fields of a receipt that travel; the position is taken from the index.
pub fn verify_receipt(store: &Store, step: &Value) -> Result<Value, Failure> {
    let known = [
        "op",
        "type",
        "eventId",
        "sequence",
        "contentHash",
        "keyId",
        "signature",
        "extensions",
        "position",
    ];
    only(step, &known)?;
    let fixed = |key: &str| unhex(need(step, key)?);
    let hash = |key: &str| {
        <[u8; 32]>::try_from(fixed(key)?).map_err(|_| Failure::usage(format!("{key}: 32 bytes")))
    };
    let signature = text(step, "signature")?.map(unhex).transpose()?.map(<[u8; 64]>::try_from);
    let signature = signature.transpose().map_err(|_| Failure::usage("signature: 64 bytes"))?;
    let sequence = number(step, "sequence")?.ok_or_else(|| Failure::usage("missing sequence"))?;
    let event_id = EventId::from(parse_id(need(step, "eventId")?)?);
    let extensions = extensions(&step["extensions"])?;
    let (content, key) = (hash("contentHash")?, hash("keyId")?);
    let denial = match text(step, "type")? {
        Some("denial") => blank_denial(store, event_id),
        None | Some("append") => None,
        Some(other) => return Err(Failure::usage(format!("type: {other}"))),
    };
    let verdict = match denial {
        Some(mut receipt) => {
            (receipt.sequence, receipt.content_hash) = (sequence, content);
            (receipt.key_id, receipt.signature) = (key, signature);
            receipt.extensions = extensions;
            store.verify_denial_receipt_detailed(&receipt)
        }
        None => store.verify_append_receipt_wire_detailed(
            event_id, sequence, content, key, signature, extensions,
        ),
    };
    Ok(match verdict {
        ReceiptVerification::Signed => json!({"outcome": "signed"}),
        ReceiptVerification::UnsignedAccepted => json!({"outcome": "unsigned_accepted"}),
        ReceiptVerification::Invalid(reason) => {
            json!({"outcome": "invalid", "reason": variant(&reason)})
        }
    })
}

/// A denial receipt to fill in: only the reference can make one, and answers a known key without
/// writing anything. None for an unknown event, where a write would follow.
fn blank_denial(store: &Store, event_id: EventId) -> Option<DenialReceipt> {
    store.read_raw(event_id).ok()?;
    let at = Coordinate::new("verify", "verify").ok()?;
    let gates: GateSet<()> = GateSet::new();
    let key = IdempotencyKey::from(event_id.as_u128());
    let options = AppendOptions::new().with_idempotency(key);
    let denial = Denial::new("verify", "");
    store.append_denial(&at, EventKind::DATA, &gates, &denial, None, None, options).ok()
}

pub fn walk(store: &Store, step: &Value) -> Result<Value, Failure> {
    only(step, &["op", "from", "limit"])?;
    let start = parse_id(need(step, "from")?)?;
    let limit = number(step, "limit")?.unwrap_or(100);
    Ok(json!({ "ancestors": evidence::ancestors(store, start, limit) }))
}

pub fn dump_open(store: &Store, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, &["op", "values", "verify", "walk"])?;
    let options = DumpOptions {
        values: step["values"] == true,
        verify: step["verify"] == true,
        walk: number(step, "walk")?.unwrap_or(0),
        max_payload: None,
    };
    Ok(json!({ "dump": dump::dump(store, &options, dir) }))
}
