//! Logs that a crash left unfinished.

use super::builders::{event, events, files, items, life};
use super::{Act, Shape};
use crate::surgery;
use serde_json::json;

pub fn shapes() -> Vec<Shape> {
    let mut shapes = torn_batches();
    shapes.extend(torn_frames());
    shapes.extend(odd_tails());
    shapes
}

/// Three events and a batch of five of which only two items reached the file.
fn torn_batch() -> Vec<Act> {
    let mut steps = events(1, 3);
    steps.push(items((4..9).map(|n| event(n, "order:2")).collect()));
    vec![life(json!({}), steps, "exit"), files(|dir| surgery::cut_batch(dir, 2))]
}

fn torn_batches() -> Vec<Shape> {
    let then = |end: &'static str| {
        let mut acts = torn_batch();
        acts.push(life(json!({}), events(20, 6), end));
        acts
    };
    vec![
        Shape {
            name: "batch-torn-tail",
            how: "three events and a batch of five, killed; the file cut after BEGIN and two items",
            reference: "recovers three events; the open BEGIN stays in the file and swallows the \
                first events of the next process at the next frame scan",
            ids: &["23.2", "F13", "D-25"],
            acts: torn_batch(),
        },
        Shape {
            name: "batch-swallowed",
            how: "batch-torn-tail, then a second process with six events, killed",
            reference: "the OPEN event and the first three events of the second process are gone, \
                although all were acknowledged; later ones are renumbered",
            ids: &["23.2", "F13", "D-25"],
            acts: then("exit"),
        },
        Shape {
            name: "batch-swallowed-closed",
            how: "batch-torn-tail, then a second process with six events, closed",
            reference: "with index.fbati everything is there; rebuilt from segments the OPEN \
                event and three events are gone",
            ids: &["23.2", "F13", "D-25"],
            acts: then("close"),
        },
    ]
}

fn torn() -> Vec<Act> {
    vec![life(json!({}), events(1, 5), "exit"), files(surgery::tear_last_frame)]
}

fn torn_frames() -> Vec<Shape> {
    let then = |end: &'static str| {
        let mut acts = torn();
        acts.push(life(json!({}), events(20, 2), end));
        acts
    };
    vec![
        Shape {
            name: "torn-frame",
            how: "five events, killed; the last frame cut in the middle",
            reference: "recovers four events and leaves the tear; a second unclean end makes the \
                store unopenable",
            ids: &["23.5", "F8", "D-26"],
            acts: torn(),
        },
        Shape {
            name: "torn-frame-killed",
            how: "torn-frame, then a second process with two events, killed",
            reference: "refuses to open (CorruptFrame): the tear is no longer in the last segment",
            ids: &["23.5", "F8", "D-26"],
            acts: then("exit"),
        },
        Shape {
            name: "torn-frame-closed",
            how: "torn-frame, then a second process with two events, closed",
            reference: "opens by index.fbati; a rebuild from segments is refused (CorruptFrame)",
            ids: &["23.5", "F8", "D-26"],
            acts: then("close"),
        },
    ]
}

fn odd_tails() -> Vec<Shape> {
    let killed = || life(json!({}), events(1, 4), "exit");
    vec![
        Shape {
            name: "zero-tail",
            how: "four events, killed; 512 zero bytes after the last frame",
            reference: "refuses to open (CorruptSegment): eight zeros are a complete empty frame",
            ids: &["F9"],
            acts: vec![killed(), files(|dir| surgery::zero_tail(dir, 512))],
        },
        Shape {
            name: "zero-tail-short",
            how: "four events, killed; 7 zero bytes after the last frame",
            reference: "",
            ids: &[],
            acts: vec![killed(), files(|dir| surgery::zero_tail(dir, 7))],
        },
        Shape {
            name: "flipped-frame",
            how: "four events, killed; the last byte of the last frame changed",
            reference: "refuses to open (CrcMismatch): a complete frame is never taken for a tail",
            ids: &["F10"],
            acts: vec![killed(), files(surgery::flip_last_frame)],
        },
        Shape {
            name: "segment-empty",
            how: "four events, closed; then a second segment of 0 bytes, as after a crash while \
                it was created",
            reference: "refuses to open (Io), in spite of a valid index.fbati",
            ids: &["23.6", "F7"],
            acts: vec![
                life(json!({}), events(1, 4), "close"),
                files(|dir| surgery::short_segment(dir, 0)),
            ],
        },
        Shape {
            name: "segment-header-short",
            how: "four events, killed; then a second segment with the first 20 bytes of a header",
            reference: "refuses to open (Io)",
            ids: &["23.6", "F7"],
            acts: vec![killed(), files(|dir| surgery::short_segment(dir, 20))],
        },
    ]
}
