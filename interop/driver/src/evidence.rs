//! Ancestor walks and chain-walk evidence.

use crate::args::Args;
use crate::config;
use crate::failure::Failure;
use crate::json::{hex, id, parse_id};
use batpak::coordinate::Region;
use batpak::id::{EntityIdType, EventId};
use batpak::store::{ChainWalkFinding, ChainWalkRequest, ChainWalkStartRef, Store};
use serde_json::{json, Map, Value};
use std::collections::BTreeSet;

/// Longer chains than any test writes.
const NO_LIMIT: usize = 1 << 20;

pub fn walk_command(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let start = parse_id(args.word(1, "EVENT_ID")?)?;
    let limit =
        args.word(2, "LIMIT")?.parse().map_err(|_| Failure::usage("LIMIT: not a number"))?;
    let store = Store::open_read_only(config::from_args(&dir, args)?);
    let store = store.map_err(|e| Failure::store(&e, &dir))?;
    Ok(json!({ "ancestors": ancestors(&store, start, limit) }))
}

pub fn verify_command(args: &Args) -> Result<Value, Failure> {
    let dir = args.dir()?;
    let store = Store::open_read_only(config::from_args(&dir, args)?);
    let store = store.map_err(|e| Failure::store(&e, &dir))?;
    let entries = store.query(&Region::all());
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.coord().entity()).collect();
    let mut entities = Map::new();
    for name in names {
        if let Some(last) = store.by_entity(name).last() {
            entities.insert(name.to_owned(), chain(&store, last.event_id()));
        }
    }
    Ok(json!({ "entities": entities }))
}

/// Event ids from the start event back, newest first.
pub fn ancestors<S>(store: &Store<S>, start: u128, limit: usize) -> Value {
    let walked = store.walk_ancestors(EventId::from(start), limit);
    walked.iter().map(|stored| id(stored.event.header.event_id.as_u128())).collect()
}

/// The findings of a walk from `start` to the first event of the entity.
pub fn chain<S>(store: &Store<S>, start: u128) -> Value {
    let request = ChainWalkRequest::linear(ChainWalkStartRef::EventId(start), NO_LIMIT);
    match store.chain_walk_evidence(&request) {
        Ok(report) => json!({
            "checkedCount": report.body.checked_count,
            "walkDigest": hex(&report.body.walk_digest),
            "findings": report.body.findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        Err(e) => json!({ "error": e.to_string() }),
    }
}

fn finding(finding: &ChainWalkFinding) -> Value {
    use ChainWalkFinding as F;
    let name = crate::failure::variant(finding);
    match finding {
        F::InvalidLimit { .. } => json!({"finding": name}),
        F::MissingStart { event_id }
        | F::MissingChainEntry { event_id }
        | F::CycleDetected { event_id }
        | F::StoppedEarlyReadFailure { event_id, .. } => {
            json!({"finding": name, "eventId": id(*event_id)})
        }
        F::StartHashMismatch { event_id, expected, observed }
        | F::EntryHashMismatch { event_id, expected, observed } => json!({
            "finding": name, "eventId": id(*event_id),
            "expected": hex(expected), "observed": hex(observed),
        }),
        F::MissingParentLink { child_event_id, expected_parent_hash } => json!({
            "finding": name, "childEventId": id(*child_event_id),
            "expectedParentHash": hex(expected_parent_hash),
        }),
        F::ParentHashAmbiguous {
            child_event_id,
            selected_parent_event_id,
            matching_parent_count,
            ..
        } => json!({
            "finding": name, "childEventId": id(*child_event_id),
            "selectedParentEventId": id(*selected_parent_event_id),
            "matchingParentCount": matching_parent_count,
        }),
        F::OrderingRegression {
            child_event_id,
            parent_event_id,
            child_sequence,
            parent_sequence,
        } => json!({
            "finding": name, "childEventId": id(*child_event_id),
            "parentEventId": id(*parent_event_id),
            "childSequence": child_sequence, "parentSequence": parent_sequence,
        }),
        F::TruncatedByLimit { next_parent_hash, .. } => {
            json!({"finding": name, "nextParentHash": hex(next_parent_hash)})
        }
        F::EndNotReached { expected_end_event_id } => {
            json!({"finding": name, "expectedEndEventId": id(*expected_end_event_id)})
        }
    }
}
