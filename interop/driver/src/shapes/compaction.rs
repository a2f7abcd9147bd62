//! Compaction: finished ones, and states that a compaction leaves when the process dies.

use super::builders::{event, events, files, key, life, sound, with};
use super::{Act, Shape};
use crate::surgery::{self, Compaction};
use serde_json::{json, Value};

pub fn shapes() -> Vec<Shape> {
    let mut shapes = finished();
    shapes.extend(interrupted());
    shapes
}

/// Eight events in segments of about two, compacted, then two more.
fn compacted(step: Value) -> Act {
    let mut steps = events(1, 8);
    steps.push(step);
    steps.extend([event(20, "order:1"), event(21, "order:9")]);
    life(json!({"segmentMaxBytes": 1200}), steps, "close")
}

fn finished() -> Vec<Shape> {
    let compact = |strategy: &str| json!({"op": "compact", "strategy": strategy});
    vec![
        sound(
            "compacted-merge",
            "eight events over several segments, merged; two more events; closed",
            vec![compacted(compact("merge"))],
        ),
        Shape {
            name: "compacted-retain",
            how: "as compacted-merge, with a retention that drops events 2 and 5 and the entity \
                customer:7",
            reference: "later events get smaller sequences; kept events of the merged segment \
                cannot be read any more; the footer of the active segment keeps old numbers, so \
                a rebuild orders events differently",
            ids: &["23.1", "23.4", "D-21", "DEV-4"],
            acts: vec![compacted(with(
                compact("retain"),
                json!({"drop": [key(2), key(5)], "dropEntities": ["customer:7"]}),
            ))],
        },
        Shape {
            name: "compacted-tombstone",
            how: "as compacted-merge, with tombstones for events 2 and 5",
            reference: "no event of the merged segment can be read any more",
            ids: &["23.1", "DEV-4"],
            acts: vec![compacted(with(compact("tombstone"), json!({"drop": [key(2), key(5)]})))],
        },
        Shape {
            name: "compaction-marker-stale",
            how: "compacted-merge, then a marker that names segments which are gone",
            reference: "the marker is ignored but never removed, and no index file is used while \
                it is there",
            ids: &["D19"],
            acts: vec![
                compacted(compact("merge")),
                files(|dir| surgery::stale_marker(dir, &[1, 2, 3])),
            ],
        },
    ]
}

fn interrupted() -> Vec<Shape> {
    let state = |name, how, reference, ids, state: Compaction| Shape {
        name,
        how,
        reference,
        ids,
        acts: vec![
            life(json!({"segmentMaxBytes": 1200}), events(1, 8), "exit"),
            files(move |dir| surgery::interrupt_compaction(dir, state)),
        ],
    };
    vec![
        state(
            "compaction-marker",
            "eight events over several segments, killed; then the marker of a compaction that got \
                no further",
            "the lowest segment counts as the merged one, so all other sources are left out",
            &["23.3", "DEV-13", "D19"],
            Compaction::Marked,
        ),
        state(
            "compaction-set-aside",
            "as compaction-marker, and the lowest segment renamed to its .compact-src name",
            "the events of the compact source are skipped",
            &["23.3", "DEV-13", "D19"],
            Compaction::SetAside,
        ),
        state(
            "compaction-partial",
            "as compaction-set-aside, and a merged segment with the first frame only",
            "the partial merged segment stands for all sources",
            &["23.3", "F11", "DEV-13", "D19"],
            Compaction::Partial { frames: 1, torn: false },
        ),
        state(
            "compaction-torn",
            "as compaction-partial, and half of the second frame",
            "refuses to open (CorruptFrame)",
            &["23.3", "F11", "DEV-13", "D19"],
            Compaction::Partial { frames: 1, torn: true },
        ),
        state(
            "compaction-merged",
            "as compaction-set-aside, and the merged segment complete; no source removed yet",
            "",
            &["D19"],
            Compaction::Merged,
        ),
    ]
}
