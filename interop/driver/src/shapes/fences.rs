//! Visibility fences.

use super::builders::{event, fenced, files, items, life, op, with};
use super::Shape;
use crate::surgery;
use serde_json::{json, Value};

pub fn shapes() -> Vec<Shape> {
    vec![
        committed(),
        cancelled(),
        cancelled_killed(),
        open_killed(),
        open_closed(),
        key_again(),
        range_beyond(),
    ]
}

fn base() -> Vec<Value> {
    vec![event(1, "order:1"), event(2, "order:2"), event(3, "order:1")]
}

/// A fence that the caller of this has to end.
fn under_fence() -> Vec<Value> {
    vec![
        op("fence"),
        fenced(10, "order:1"),
        fenced(11, "order:1"),
        items(vec![event(12, "order:1"), event(13, "order:3")]),
    ]
}

fn after() -> Vec<Value> {
    vec![event(20, "order:1"), event(21, "order:2"), event(22, "order:3")]
}

fn ended(end: &str) -> Vec<Value> {
    [base(), under_fence(), vec![op(end)], after()].concat()
}

fn committed() -> Shape {
    // All events in one millisecond, so that clocks decide the stream order of the reference.
    let clock = json!({"startUs": 1_700_000_000_000_000_i64, "stepUs": 10});
    Shape {
        name: "fence-committed",
        how: "three events; under a fence two single events and a batch of two, committed; three \
            more events; all in one millisecond; closed",
        reference: "entities restart inside the fence: the second fenced event of order:1 has \
            clock 0 and no parent, and the stream of order:1 is not in commit order",
        ids: &["D-1", "DEV-2", "DEV-5"],
        acts: vec![life(json!({ "clock": clock }), ended("commit"), "close")],
    }
}

fn cancelled() -> Shape {
    Shape {
        name: "fence-cancelled",
        how: "three events; under a fence two single events and a batch of two, cancelled; three \
            more events; closed",
        reference: "the first event of order:1 after the cancel restarts its entity at clock 0 \
            without parent",
        ids: &["23.8", "D-1", "DEV-5"],
        acts: vec![life(json!({}), ended("cancel"), "close")],
    }
}

fn cancelled_killed() -> Shape {
    Shape {
        name: "fence-cancelled-killed",
        how: "as fence-cancelled, then a second fence with one event, cancelled; the process \
            ended without clean-up",
        reference: "as fence-cancelled",
        ids: &["23.8", "D-1", "DEV-5"],
        acts: vec![life(
            json!({}),
            [
                ended("cancel"),
                vec![op("fence"), fenced(30, "order:2"), op("cancel"), event(31, "order:2")],
            ]
            .concat(),
            "exit",
        )],
    }
}

fn open_killed() -> Shape {
    Shape {
        name: "fence-open-killed",
        how: "three events, a fence with two single events and a batch of two; the process ended \
            with the fence open",
        reference: "nothing on disk marks the fence: the fenced events are visible",
        ids: &["23.8", "D-2", "D9"],
        acts: vec![life(json!({}), [base(), under_fence()].concat(), "exit")],
    }
}

fn open_closed() -> Shape {
    Shape {
        name: "fence-open-closed",
        how: "three events, a fence with two single events and a batch of two, closed with the \
            fence open",
        reference: "no CLOSE event is written; the fence is cancelled by the shutdown",
        ids: &[],
        acts: vec![life(json!({}), [base(), under_fence()].concat(), "close")],
    }
}

fn key_again() -> Shape {
    let hidden = vec![op("fence"), items(vec![event(4, "order:1")]), op("cancel")];
    Shape {
        name: "key-used-again",
        how: "a fenced event with a key, cancelled; the key used again by a later event; closed",
        reference: "two frames with one event id; only the later one is visible, index.fbati \
            holds only that one",
        ids: &[],
        acts: vec![life(
            json!({}),
            [base(), hidden, vec![with(event(4, "order:2"), json!({"value": "again"}))]].concat(),
            "close",
        )],
    }
}

fn range_beyond() -> Shape {
    let hidden = vec![
        op("fence"),
        fenced(10, "order:1"),
        fenced(11, "order:1"),
        fenced(12, "order:1"),
        op("cancel"),
    ];
    Shape {
        name: "hidden-range-beyond",
        how: "three events; a fence with three, cancelled; the process ended; then the three \
            frames cut off the file, as if they had not reached the disk while \
            visibility_ranges.fbv had",
        reference: "a mutable open writes its OPEN event into the hidden range and fails \
            (InvariantViolation); each try adds a segment. Read-only opens work",
        ids: &["23.12", "W-93"],
        acts: vec![
            life(json!({}), [base(), hidden].concat(), "exit"),
            files(|dir| surgery::drop_frames(dir, 3)),
        ],
    }
}
