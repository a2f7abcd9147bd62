//! Evidence reports of the reference: the canonical bytes of their bodies, and what it makes of bytes
//! that others wrote.

use crate::args::Args;
use crate::config;
use crate::failure::Failure;
use crate::json::{flag, hex, list, need, number, only, parse_id, text, unhex};
use crate::script::region;
use batpak::canonical;
use batpak::event::hash::compute_hash;
use batpak::event::{Event, EventKind, EventSourced, JsonValueInput};
use batpak::schema::{compare_schema_snapshot, SchemaSnapshot, SchemaSnapshotReportBody};
use batpak::store::{
    ChainWalkReportBody, ChainWalkRequest, ChainWalkStartRef, CompactionReportBody, Freshness,
    LossPrecision, ProjectionRunReportBody, ProjectionRunReportError, ReadWalkReportBody,
    ReadWalkRequest, SnapshotReportBody, Store, StoreResourceReportBody, SubscriberDeliveryState,
    SubscriberFrontierReportBody, SubscriberFrontierRequest, SubscriberFrontierSource,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// `--requests JSON`: one report per request, from a read-only open.
pub fn command(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let requests = args.text("requests").ok_or_else(|| Failure::usage("missing --requests"))?;
    let requests: Value =
        serde_json::from_str(requests).map_err(|e| Failure::usage(format!("--requests: {e}")))?;
    let requests =
        requests.as_array().ok_or_else(|| Failure::usage("--requests: expected a list"))?;
    let store = Store::open_read_only(config::from_args(&dir, args)?);
    let store = store.map_err(|e| Failure::store(&e, &dir))?;
    let reports = requests.iter().map(|request| report(&store, request));
    Ok(json!({ "reports": reports.collect::<Result<Vec<_>, _>>()? }))
}

/// Reads `[{"kind", "bytes"}]` from stdin: decodes each body, sorts its findings, encodes it again.
pub fn recode_command() -> Result<Value, Failure> {
    let bodies: Vec<Value> = serde_json::from_reader(std::io::stdin())
        .map_err(|e| Failure::usage(format!("stdin: {e}")))?;
    let recoded =
        bodies.iter().map(|body| recode(need(body, "kind")?, &unhex(need(body, "bytes")?)?));
    Ok(json!({ "bodies": recoded.collect::<Result<Vec<_>, _>>()? }))
}

fn recode(kind: &str, bytes: &[u8]) -> Result<Value, Failure> {
    match kind {
        "chainWalk" => again(bytes, |body: &mut ChainWalkReportBody| body.findings.sort()),
        "readWalk" => again(bytes, |body: &mut ReadWalkReportBody| {
            body.findings.sort();
            body.source_refs.sort();
        }),
        "projectionRun" => again(bytes, |body: &mut ProjectionRunReportBody| {
            body.findings.sort();
            body.source_refs.sort();
        }),
        "subscriberFrontier" => {
            again(bytes, |body: &mut SubscriberFrontierReportBody| body.findings.sort())
        }
        "storeResource" => again(bytes, |_: &mut StoreResourceReportBody| ()),
        "snapshot" => again(bytes, |body: &mut SnapshotReportBody| body.findings.sort()),
        "compaction" => again(bytes, |body: &mut CompactionReportBody| body.findings.sort()),
        "schemaSnapshot" => {
            again(bytes, |body: &mut SchemaSnapshotReportBody| body.findings.sort())
        }
        other => Err(Failure::usage(format!("kind: {other}"))),
    }
}

fn again<T>(bytes: &[u8], sort: impl FnOnce(&mut T)) -> Result<Value, Failure>
where
    T: Serialize + DeserializeOwned + std::fmt::Debug,
{
    let mut body: T =
        canonical::from_bytes(bytes).map_err(|e| Failure::other("Decode", e.to_string()))?;
    sort(&mut body);
    let bytes = encode(&body)?;
    let hash = hex(&compute_hash(&bytes));
    Ok(json!({ "bytes": hex(&bytes), "hash": hash, "debug": format!("{body:?}") }))
}

fn encode(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    canonical::to_bytes(body).map_err(|e| Failure::other("BodyEncoding", e.to_string()))
}

/// A report's body as bytes, and the hash that the reference gave to it.
pub fn reported(body: &impl Serialize, hash: &[u8; 32]) -> Result<Value, Failure> {
    Ok(json!({ "bytes": hex(&encode(body)?), "hash": hex(hash) }))
}

/// The report of one request, which names its kind as `report`.
pub fn report<S>(store: &Store<S>, request: &Value) -> Result<Value, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::other("Report", e.to_string());
    match need(request, "report")? {
        "chainWalk" => {
            let report = store.chain_walk_evidence(&chain_walk(request)?);
            let report = report.map_err(|e| failed(&e))?;
            reported(&report.body, &report.body_hash)
        }
        "readWalk" => {
            let done = store.query_with_read_walk_evidence(&read_walk(request)?);
            let (_, report) = done.map_err(|e| failed(&e))?;
            reported(&report.body, &report.body_hash)
        }
        "projectionRun" => projection_run(store, request),
        "subscriberFrontier" => {
            let report = store.subscriber_frontier_observation(&subscriber(request)?);
            let report = report.map_err(|e| failed(&e))?;
            reported(&report.body, &report.body_hash)
        }
        "storeResource" => {
            let report = store.store_resource_evidence_report().map_err(|e| failed(&e))?;
            reported(&report.body, &report.body_hash)
        }
        "schemaSnapshot" => {
            let (expected, observed) = (schema(request, "expected")?, schema(request, "observed")?);
            let report = compare_schema_snapshot(&expected, &observed).map_err(|e| failed(&e))?;
            reported(&report.body, &report.body_hash)
        }
        other => Err(Failure::usage(format!("report: {other}"))),
    }
}

fn chain_walk(request: &Value) -> Result<ChainWalkRequest, Failure> {
    only(request, &["report", "start", "contentHash", "end", "limit"])?;
    let event_id = parse_id(need(request, "start")?)?;
    let start = match text(request, "contentHash")? {
        None => ChainWalkStartRef::EventId(event_id),
        Some(hash) => ChainWalkStartRef::Receipt { event_id, content_hash: hash32(hash)? },
    };
    let limit = number(request, "limit")?.unwrap_or(1 << 20);
    let mut walk = ChainWalkRequest::linear(start, limit);
    walk.end_event_id = text(request, "end")?.map(parse_id).transpose()?;
    Ok(walk)
}

fn read_walk(request: &Value) -> Result<ReadWalkRequest, Failure> {
    only(request, &["report", "region", "limit", "proofRefs", "maxStaleMs"])?;
    let mut walk = ReadWalkRequest::full(region(&request["region"])?);
    walk.limit = number(request, "limit")?;
    walk.include_proof_refs = flag(request, "proofRefs")?.unwrap_or(false);
    walk.freshness_intent = freshness(request)?;
    Ok(walk)
}

fn freshness(request: &Value) -> Result<Freshness, Failure> {
    let stale = number(request, "maxStaleMs")?;
    Ok(stale.map_or(Freshness::Consistent, |max_stale_ms| Freshness::MaybeStale { max_stale_ms }))
}

fn subscriber(request: &Value) -> Result<SubscriberFrontierRequest, Failure> {
    only(request, &["report", "source", "consumed", "state", "precision", "ranges"])?;
    let pair = |range: &Value| range[0].as_u64().zip(range[1].as_u64());
    let ranges = list(request, "ranges")?.iter().map(pair).collect::<Option<Vec<_>>>();
    Ok(SubscriberFrontierRequest {
        source: named::<SubscriberFrontierSource>(request, "source")?,
        consumed_frontier_sequence: number(request, "consumed")?,
        delivery_state: named::<SubscriberDeliveryState>(request, "state")?,
        loss_precision: named::<LossPrecision>(request, "precision")?,
        exact_dropped_ranges: ranges.ok_or_else(|| Failure::usage("ranges: pairs of numbers"))?,
    })
}

fn named<T: DeserializeOwned>(request: &Value, key: &str) -> Result<T, Failure> {
    serde_json::from_value(request[key].clone()).map_err(|e| Failure::usage(format!("{key}: {e}")))
}

fn schema(request: &Value, key: &str) -> Result<SchemaSnapshot, Failure> {
    let side = &request[key];
    only(side, &["stableId", "version", "schemaHash", "fixtureHash"])?;
    let (schema, fixture) = (need(side, "schemaHash")?, need(side, "fixtureHash")?);
    let mut snapshot =
        SchemaSnapshot::from_hashes(need(side, "stableId")?, hash32(schema)?, hash32(fixture)?);
    snapshot.snapshot_schema_version = number(side, "version")?.unwrap_or(1);
    Ok(snapshot)
}

fn hash32(text: &str) -> Result<[u8; 32], Failure> {
    unhex(text)?.try_into().map_err(|_| Failure::usage(format!("not 32 bytes: {text}")))
}

/// What the projection below folds.
const COUNTED: EventKind = EventKind::custom(0xA, 0x001);

/// Counts events; a payload that is no JSON value fails it.
#[derive(Serialize, Deserialize)]
struct Counted {
    count: u64,
}

impl EventSourced for Counted {
    type Input = JsonValueInput;

    fn from_events(events: &[Event<Value>]) -> Option<Self> {
        (!events.is_empty()).then_some(Self { count: events.len() as u64 })
    }

    fn apply_event(&mut self, _: &Event<Value>) {
        self.count += 1;
    }

    fn relevant_event_kinds() -> &'static [EventKind] {
        &[COUNTED]
    }
}

fn projection_run<S>(store: &Store<S>, request: &Value) -> Result<Value, Failure> {
    only(request, &["report", "entity", "maxStaleMs"])?;
    let entity = need(request, "entity")?;
    match store.project_run_evidence::<Counted>(entity, &freshness(request)?) {
        Ok((_, report)) => reported(&report.body, &report.body_hash),
        Err(ProjectionRunReportError::ProjectionFailed { report, .. }) => {
            let mut failed = reported(&report.body, &report.body_hash)?;
            failed["failed"] = true.into();
            Ok(failed)
        }
        Err(e) => Err(Failure::other("Report", e.to_string())),
    }
}
