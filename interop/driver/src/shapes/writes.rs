//! The whole write side: what batches, fences, denials and signed receipts leave behind.

use super::builders::{event, fenced, items, key, life, op, sound, with, KIND, SCOPE};
use super::Shape;
use crate::json::hex;
use serde_json::{json, Value};

pub fn shapes() -> Vec<Shape> {
    vec![
        batch_options(),
        batch_killed(),
        batch_failed(),
        fences_mixed(),
        denial_options(),
        signed_writes(),
    ]
}

fn refused(step: Value, variant: &str) -> Value {
    with(step, json!({ "expectError": variant }))
}

fn reaction(drafts: Vec<Value>) -> Value {
    with(items(drafts), json!({"reaction": {"correlation": key(900), "causation": key(1)}}))
}

fn batch_options() -> Shape {
    let audit = json!({"extensions": {"app.audit": "00c8ff7f80", "app.empty": ""}});
    let steps = vec![
        event(1, "order:1"),
        items(vec![
            with(event(2, "order:1"), audit.clone()),
            with(event(3, "order:1"), json!({"prior": 0, "correlation": key(901), "lane": 7})),
            with(
                event(4, "order:2"),
                json!({"prior": 1, "depth": 4_294_967_295_u32, "scope": "shop:us", "kind": 0xFFFF}),
            ),
            with(event(5, "order:1"), json!({"causation": key(1), "lane": 1, "depth": 2})),
        ]),
        reaction(vec![
            event(6, "order:1"),
            with(event(7, "order:3"), json!({"prior": 0})),
            with(event(8, "order:3"), json!({"causation": key(2), "correlation": key(902)})),
        ]),
        items(vec![with(event(9, "raw"), json!({"value": null, "payload": ""}))]),
        items(vec![
            with(event(10, "raw"), json!({"value": null, "payload": "c1"})),
            with(event(11, "raw"), json!({"value": null, "payload": "cd0001"})),
        ]),
        op_batch_of_none(),
        refused(
            items(vec![with(
                event(12, "raw"),
                json!({"value": null, "payload": "01".repeat(600)}),
            )]),
            "BatchItemTooLarge",
        ),
        refused(items((12..18).map(|n| event(n, "order:1")).collect()), "BatchFailed"),
        refused(
            items(vec![event(12, "order:1"), with(event(13, "order:1"), json!({"cas": 9}))]),
            "BatchFailed",
        ),
        refused(items(vec![event(12, "order:1"), event(2, "order:1")]), "IdempotencyPartialBatch"),
        items(vec![event(2, "order:9"), event(3, "order:9")]),
        event(20, "order:1"),
    ];
    let limits =
        json!({"batchMaxSize": 5, "singleAppendMaxBytes": 500, "signingKeys": [hex(&[7; 32])]});
    Shape {
        name: "batch-options",
        how: "batches with extensions, branches, scopes, kinds, causes by id and by earlier item, \
            a reaction batch with a cause of its own, raw bytes, none at all; refused ones: too \
            large, too many, with a compare-and-swap, of known and new keys; two known keys \
            repeated as a batch; signed; closed",
        reference: "",
        ids: &["W-66", "W-73", "W-79", "W-80"],
        acts: vec![life(limits, steps, "close")],
    }
}

fn op_batch_of_none() -> Value {
    json!({"op": "batch", "items": []})
}

/// Arms a point of the reference for the next batch.
fn arm(at: &str, item: u64, what: &str) -> Value {
    json!({"op": "arm", "at": at, "item": item, "do": what})
}

fn batch_killed() -> Shape {
    let four = items((4..8).map(|n| event(n, "order:2")).collect());
    let steps = vec![
        event(1, "order:1"),
        items(vec![event(2, "order:1"), event(3, "order:2")]),
        arm("BatchItemWritten", 1, "kill"),
        with(four, json!({"expectDeath": true})),
    ];
    Shape {
        name: "batch-killed",
        how: "an event, a batch of two, then a batch of four whose process ended by itself after \
            BEGIN and two items",
        reference: "recovers the first three events; the open BEGIN stays in the file",
        ids: &["W-75", "W-167", "D-25"],
        acts: vec![life(json!({}), steps, "exit")],
    }
}

fn batch_failed() -> Shape {
    let three = items((2..5).map(|n| event(n, "order:2")).collect());
    let mut steps = vec![event(1, "order:1"), arm("BatchItemWritten", 0, "fail")];
    steps.push(refused(three, "FaultInjected"));
    steps.extend((5..11).map(|n| event(n, "order:1")));
    Shape {
        name: "batch-failed",
        how: "an event; a batch of three whose write failed after its first item; six events, all \
            acknowledged; killed",
        reference:
            "the open BEGIN of the failed batch swallows the first three of the six events; \
            the sequences that the batch had reserved are given again at the next open",
        ids: &["W-77", "W-43", "D-3", "D-4"],
        acts: vec![life(json!({}), steps, "exit")],
    }
}

/// A fence with two single events and a keyed batch of two.
fn under_fence(n: u64) -> Vec<Value> {
    vec![
        op("fence"),
        fenced(n, "order:1"),
        fenced(n + 1, "order:2"),
        items(vec![event(n + 2, "order:3"), with(event(n + 3, "order:3"), json!({"prior": 0}))]),
    ]
}

fn fences_mixed() -> Shape {
    let keys = json!({"signingKeys": [hex(&[7; 32])]});
    let first = [
        vec![event(1, "order:1")],
        under_fence(10),
        vec![op("cancel"), event(2, "order:2")],
        under_fence(20),
        vec![op("commit"), event(3, "order:1"), op("fence"), op("cancel")],
        under_fence(30),
        vec![
            refused(with(event(4, "order:4"), json!({"unfenced": true})), "VisibilityFenceActive"),
            op("cancel"),
        ],
    ];
    let second = [
        vec![event(5, "order:4"), items(vec![event(12, "order:3")])],
        under_fence(40),
        // Fenced writes are only queued: the sync waits until they are in the file.
        vec![op("sync")],
    ];
    Shape {
        name: "fences-mixed",
        how: "fences cancelled, published and cancelled, with events in between, signed, closed; \
            then the key of a cancelled event used again, and the process ended with a fence open",
        reference: "the open fence is visible after the crash; two ranges are hidden; entities \
            restart at clock 0 after a cancel",
        ids: &["W-68", "W-87", "W-92", "D-1", "DEV-5"],
        acts: vec![
            life(keys.clone(), first.concat(), "close"),
            life(keys, second.concat(), "exit"),
        ],
    }
}

fn denied(n: u64, entity: &str, more: Value) -> Value {
    let step = json!({
        "op": "denial", "entity": entity, "scope": SCOPE, "key": key(n),
        "gates": ["stock", "credit", "fraud"], "proposedKind": KIND,
        "proposedContentHash": hex(&[0xab; 32]), "pipelineId": "checkout",
        "deny": {"gate": "credit", "code": "LIMIT", "message": format!("over the limit, {n}"),
                 "context": [["limit", "100"], ["", "é"]]},
    });
    with(step, more)
}

fn denial_options() -> Shape {
    let keys = json!({"signingKeys": [hex(&[7; 32])]});
    let unknown = json!({"deny": {"gate": "none of them", "code": "", "message": "🦊"}});
    let steps = vec![
        event(1, "order:1"),
        denied(2, "order:1", json!({"extensions": {"app.audit": "00c8ff"}, "causation": key(1)})),
        denied(3, "order:1", json!({"correlation": key(900), "lane": 3, "depth": 1, "flags": 5})),
        denied(4, "order:2", unknown),
        denied(5, "order:2", json!({"gates": ["é", "credit"], "cas": 0})),
        denied(6, "order:2", json!({"key": null, "pipelineId": null, "proposedContentHash": null})),
        refused(denied(7, "order:2", json!({"cas": 9})), "SequenceMismatch"),
        denied(2, "order:9", json!({"gates": []})),
        with(event(3, "order:9"), json!({"value": "another write, the same key"})),
        denied(1, "order:9", json!({})),
        event(8, "order:1"),
    ];
    sound(
        "denial-options",
        "denials with extensions, causes, branch, flags, by the second of three gates, by a gate \
            that is not in the set, with a gate name that is not ASCII, without pipeline and hash, \
            refused by a compare-and-swap; known keys of a denial and of an event repeated as the \
            other; signed; closed",
        vec![life(keys, steps, "close")],
    )
}

fn signed_writes() -> Shape {
    let (old, new) = (hex(&[7; 32]), hex(&[9; 32]));
    let audit = json!({"extensions": {"app.audit": "00c8ff7f80"}});
    let writes = |n: u64| {
        vec![
            with(event(n, "order:1"), audit.clone()),
            items(vec![
                event(n + 1, "order:1"),
                with(event(n + 2, "order:2"), json!({"prior": 0, "scope": "shop:us"})),
            ]),
            denied(n + 3, "order:1", audit.clone()),
            op("fence"),
            fenced(n + 4, "order:3"),
            items(vec![event(n + 5, "order:4")]),
            op("commit"),
        ]
    };
    let again = vec![
        event(1, "order:9"),
        items(vec![event(2, "order:9"), event(3, "order:9")]),
        denied(4, "order:9", json!({})),
    ];
    sound(
        "signed-writes",
        "every write that gives a receipt: unsigned, closed; signed with the seed 32 x 07, killed; \
            signed with 32 x 09 (the first key still configured) with the keys of the first \
            process repeated, closed",
        vec![
            life(json!({}), writes(1), "close"),
            life(json!({"signingKeys": [old.clone()]}), writes(11), "exit"),
            life(json!({"signingKeys": [old, new]}), [writes(21), again].concat(), "close"),
        ],
    )
}
