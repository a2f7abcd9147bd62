//! Steps of the shapes. Every event that can have one gets an idempotency key, so that a second run
//! writes equal ids.

use super::{Act, Shape};
use serde_json::{json, Value};
use std::path::Path;

pub const KIND: u16 = 0xA007;
pub const SCOPE: &str = "shop:eu";

/// The key, and so the id, of event `n` of a shape. It has the form of a UUIDv7.
pub fn key(n: u64) -> String {
    format!("018bcfe5680070008000{n:012x}")
}

pub fn op(name: &str) -> Value {
    json!({ "op": name })
}

/// An append of `{"n": n, "note": entity}` with key `n`.
pub fn event(n: u64, entity: &str) -> Value {
    json!({
        "op": "append", "entity": entity, "scope": SCOPE, "kind": KIND, "key": key(n),
        "value": {"n": n, "note": format!("event {n} of {entity}")},
    })
}

/// `step` with more fields; a null takes one away.
pub fn with(mut step: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut step, more) {
        for (name, value) in more {
            if value.is_null() {
                fields.remove(&name);
            } else {
                fields.insert(name, value);
            }
        }
    }
    step
}

pub fn items(drafts: Vec<Value>) -> Value {
    let drafts: Vec<Value> =
        drafts.into_iter().map(|draft| with(draft, json!({"op": null}))).collect();
    json!({"op": "batch", "items": drafts})
}

/// A fenced single append: it takes no key, so its id differs from run to run.
pub fn fenced(n: u64, entity: &str) -> Value {
    with(event(n, entity), json!({"key": null}))
}

/// Events `first..first + count`, spread over three entities.
pub fn events(first: u64, count: u64) -> Vec<Value> {
    const ENTITIES: [&str; 3] = ["order:1", "order:2", "customer:7"];
    let entity = |n: u64| ENTITIES[usize::try_from(n % 3).unwrap_or(0)];
    (first..first + count).map(|n| event(n, entity(n))).collect()
}

/// One process: opens, does `steps`, and ends with `end`.
pub fn life(config: Value, steps: Vec<Value>, end: &str) -> Act {
    let mut all = vec![json!({"op": "open", "config": config})];
    all.extend(steps);
    all.push(op(end));
    Act::Life(all)
}

pub fn files(change: impl Fn(&Path) -> std::io::Result<()> + 'static) -> Act {
    Act::Files(Box::new(change))
}

/// A shape with which the reference does nothing wrong.
pub fn sound(name: &'static str, how: &'static str, acts: Vec<Act>) -> Shape {
    Shape { name, how, reference: "", ids: &[], acts }
}
