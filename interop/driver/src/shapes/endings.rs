//! How a process can end, and what it leaves.

use super::builders::{event, events, files, items, life, sound};
use super::{Act, Shape};
use crate::surgery;
use serde_json::{json, Value};

pub fn shapes() -> Vec<Shape> {
    let mut shapes = ended();
    shapes.extend(repeated());
    shapes
}

fn ended() -> Vec<Shape> {
    let no_files = json!({"mmapIndex": false, "checkpoint": false});
    vec![
        sound(
            "empty",
            "opened in an empty directory and closed; no event but the two of the lifecycle",
            vec![life(json!({}), vec![], "close")],
        ),
        sound(
            "read-only-touched",
            "an empty directory opened read-only by the reference: the lock file is all there is",
            vec![Act::ReadOnly],
        ),
        sound(
            "clean",
            "six events, closed: footer, CLOSE event and index.fbati",
            vec![life(json!({}), events(1, 6), "close")],
        ),
        sound(
            "clean-checkpoint",
            "as clean, with the mmap index off: index.ckpt instead of index.fbati",
            vec![life(json!({"mmapIndex": false}), events(1, 6), "close")],
        ),
        sound(
            "no-artifacts",
            "as clean, with both index files off: only the footer",
            vec![life(no_files, events(1, 6), "close")],
        ),
        sound(
            "dropped",
            "six events, dropped without close: footer, no CLOSE event, no index file",
            vec![life(json!({}), events(1, 6), "drop")],
        ),
        sound(
            "killed",
            "six events, then the process ended without any clean-up: no footer, no index file",
            vec![life(json!({}), events(1, 6), "exit")],
        ),
        sound(
            "many-segments",
            "eleven events and a batch of three with segmentMaxBytes 100: a segment per event, \
                one for the batch; closed",
            vec![life(json!({"segmentMaxBytes": 100}), segmented(), "close")],
        ),
    ]
}

fn segmented() -> Vec<Value> {
    let mut steps = events(1, 6);
    steps.push(items(events(7, 3)));
    steps.extend(events(10, 5));
    steps
}

fn repeated() -> Vec<Shape> {
    vec![
        sound(
            "killed-after-clean",
            "four events, closed; then three events, killed: index.fbati is older than the log",
            vec![life(json!({}), events(1, 4), "close"), life(json!({}), events(5, 3), "exit")],
        ),
        Shape {
            name: "both-artifacts",
            how: "closed with index.ckpt only, then closed with the defaults: a newer index.fbati \
                beside a stale index.ckpt",
            reference: "the stale index.ckpt stays; it would be used as soon as index.fbati is \
                invalid",
            ids: &["23.7"],
            acts: vec![
                life(json!({"mmapIndex": false}), events(1, 3), "close"),
                life(json!({}), events(4, 3), "close"),
            ],
        },
        Shape {
            name: "stale-checkpoint",
            how: "as both-artifacts, then index.fbati removed: the older index.ckpt plus the tail \
                of the log",
            reference: "opens by the stale index.ckpt; here the tail replay makes it right",
            ids: &["23.7"],
            acts: vec![
                life(json!({"mmapIndex": false}), events(1, 3), "close"),
                life(json!({}), events(4, 3), "close"),
                files(|dir| surgery::remove(dir, "index.fbati")),
            ],
        },
        sound(
            "reopened",
            "five processes: closed, killed, closed, dropped, killed; two events each",
            ["close", "exit", "close", "drop", "exit"]
                .into_iter()
                .zip(0..)
                .map(|(end, n)| life(json!({}), events(1 + 2 * n, 2), end))
                .collect(),
        ),
        sound(
            "clock-went-back",
            "the second process has a clock one day behind the first: wall_ms of the OPEN event \
                and of entities that go on stays up, that of a new entity goes down; closed",
            vec![
                life(json!({}), vec![event(1, "order:1"), event(2, "order:2")], "close"),
                life(
                    json!({"clock": {"startUs": 1_699_913_600_000_000_i64, "stepUs": 500}}),
                    vec![event(3, "order:1"), event(4, "order:9"), event(5, "order:2")],
                    "close",
                ),
            ],
        ),
    ]
}
