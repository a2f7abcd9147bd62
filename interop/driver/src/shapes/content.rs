//! What events can carry.

use super::builders::{event, files, items, key, life, op, sound, with, KIND, SCOPE};
use super::Shape;
use crate::json::hex;
use crate::surgery;
use serde_json::{json, Value};

pub fn shapes() -> Vec<Shape> {
    let mut shapes = vec![batches(), extensions(), extensions_lost(), signed(), denial(), graph()];
    shapes.extend([non_ascii(), payload_shapes(), idempotent(), duplicate_keys(), sequence_gap()]);
    shapes.extend([sequence_gap_killed(), repeated_payloads(), reserved_kinds()]);
    shapes.extend([reserved_kinds_killed(), cursor()]);
    shapes
}

fn batches() -> Shape {
    let first = items(vec![
        event(1, "order:1"),
        with(event(2, "order:1"), json!({"prior": 0})),
        with(event(3, "order:2"), json!({"prior": 1, "flags": 3})),
    ]);
    let one = items(vec![with(event(4, "order:3"), json!({"causation": key(1)}))]);
    let reaction = with(
        items(vec![event(6, "order:1"), with(event(7, "order:4"), json!({"prior": 0}))]),
        json!({"reaction": {"correlation": key(900), "causation": key(5)}}),
    );
    let last = items((8..12).map(|n| event(n, "order:2")).collect());
    Shape {
        name: "batches",
        how: "a batch of three with causation by earlier item, a batch of one, a single append, a \
            reaction batch, a batch of four as the last thing before the process ended; item 2 \
            of the first asked for flags 3",
        reference: "batch items have flags 0 on disk, whatever was asked for",
        ids: &["D-10"],
        acts: vec![life(json!({}), vec![first, one, event(5, "order:3"), reaction, last], "exit")],
    }
}

fn extension_events(first: u64) -> Vec<Value> {
    let big = hex(&(0..=255).collect::<Vec<u8>>());
    vec![
        with(
            event(first, "order:1"),
            json!({"extensions": {"app.audit": "00c8ff", "app.trace": ""}}),
        ),
        event(first + 1, "order:2"),
        with(
            event(first + 2, "order:1"),
            json!({"extensions": {"z.last": "7f80", "a.first": big}}),
        ),
        items(vec![
            with(event(first + 3, "order:2"), json!({"extensions": {"batch.item": "01"}})),
            event(first + 4, "order:3"),
        ]),
    ]
}

fn extensions() -> Shape {
    sound(
        "extensions",
        "single appends and batch items with receipt extensions, one of 256 bytes, one empty; \
            closed",
        vec![life(json!({}), extension_events(1), "close")],
    )
}

fn extensions_lost() -> Shape {
    Shape {
        name: "extensions-footer",
        how: "as extensions but dropped, index file absent; then one event, killed: the second \
            segment has no footer",
        reference: "a rebuild takes the first segment from its footer and loses the receipt \
            extensions in the index",
        ids: &["23.10", "DEV-15"],
        acts: vec![
            life(json!({}), with_single_last(extension_events(1)), "drop"),
            life(json!({}), vec![event(9, "order:1")], "exit"),
        ],
    }
}

/// A COMMIT marker at the end would make the footer unusable for the fast path.
fn with_single_last(mut steps: Vec<Value>) -> Vec<Value> {
    steps.push(event(8, "order:3"));
    steps
}

fn signed() -> Shape {
    let (old, new) = (hex(&[7; 32]), hex(&[9; 32]));
    sound(
        "signed",
        "two events signed with the seed 32 x 07, then two with the seed 32 x 09 (the first key \
            still configured), the last with extensions; closed. Signatures are only in the \
            receipts (meta.json: lives)",
        vec![
            life(
                json!({"signingKeys": [old]}),
                vec![event(1, "order:1"), event(2, "order:2")],
                "close",
            ),
            life(
                json!({"signingKeys": [old, new]}),
                vec![
                    event(3, "order:1"),
                    with(event(4, "order:1"), json!({"extensions": {"app.audit": "00c8ff"}})),
                ],
                "close",
            ),
        ],
    )
}

fn denial() -> Shape {
    let deny = json!({
        "op": "denial", "entity": "order:1", "scope": SCOPE, "key": key(2),
        "gates": ["stock", "credit", "fraud"], "proposedKind": KIND,
        "proposedContentHash": hex(&[0xab; 32]),
        "pipelineId": "checkout",
        "deny": {"gate": "credit", "code": "LIMIT", "message": "over the limit",
                 "context": [["limit", "100"], ["asked", "250"]]},
    });
    let bare = json!({
        "op": "denial", "entity": "order:2", "scope": SCOPE, "key": key(3),
        "gates": [], "proposedKind": KIND,
        "deny": {"gate": "stock", "code": "", "message": "none left"},
    });
    sound(
        "denial",
        "an event, a denial by the second of three gates with context, a denial without gates, \
            pipeline or hash, an event; closed",
        vec![life(json!({}), vec![event(1, "order:1"), deny, bare, event(4, "order:1")], "close")],
    )
}

fn graph() -> Shape {
    let caused = |n: u64, entity: &str, by: u64| {
        with(event(n, entity), json!({"correlation": key(1), "causation": key(by)}))
    };
    let steps = vec![
        event(1, "order:1"),
        caused(2, "payment:1", 1),
        caused(3, "shipment:1", 2),
        with(caused(4, "order:1", 3), json!({"lane": 1, "depth": 1})),
        with(
            caused(5, "order:1", 3),
            json!({"lane": 4_294_967_295_u32, "depth": 4_294_967_295_u32}),
        ),
        with(event(6, "order:2"), json!({"correlation": key(1)})),
        with(event(7, "order:2"), json!({"causation": key(7777)})),
        with(event(8, "order:2"), json!({"flags": 11})),
        with(event(9, "order:2"), json!({"flags": 255, "kind": 0xFFFF})),
        with(event(10, "order:2"), json!({"scope": "shop:us", "kind": 0x1000, "cas": 3})),
    ];
    sound(
        "causation-graph",
        "a saga over three entities, correlation alone, causation by an unknown event, lanes and \
            depths up to u32 max, flags 11 and 255, kinds 0x1000 and 0xFFFF, two scopes of one \
            entity, a compare-and-swap; closed",
        vec![life(json!({}), steps, "close")],
    )
}

fn non_ascii() -> Shape {
    let long = "x".repeat(1024);
    let wide = "é".repeat(512);
    let names: [(&str, &str); 10] = [
        ("fox 🦊:1", "wood 🌲"),
        ("caf\u{e9}", "NFC"),
        ("cafe\u{301}", "NFD"),
        ("\u{ff5e}", "sorts after the next in UTF-16 only"),
        ("\u{10ffff}", "last code point"),
        ("\u{feff}mark", "\u{feff}"),
        (" leading and trailing ", "a b  c"),
        ("שלום:עולם", "日本語:東京"),
        (&long, &wide),
        ("caf\u{e9}", "NFC"),
    ];
    let step = |(n, (entity, scope)): (usize, &(&str, &str))| {
        let n = u64::try_from(n + 1).unwrap_or(0);
        let start: String = entity.chars().take(9).collect();
        with(event(n, entity), json!({"scope": scope, "value": {"n": n, "täxt": start}}))
    };
    let steps: Vec<Value> = names.iter().enumerate().map(step).collect();
    sound(
        "non-ascii",
        "names with emoji, composed and decomposed letters as two entities, a byte order mark, \
            spaces, right-to-left text, names of 1024 bytes (ASCII, and two-byte letters); \
            closed",
        vec![life(json!({}), steps, "close")],
    )
}

/// Payloads in canonical MessagePack, by what they show.
fn canonical_payloads() -> Vec<String> {
    let unsigned =
        "9c007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffff\
                    cf0020000000000000cfffffffffffffffff";
    let signed =
        "9affe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd38000000000000000";
    let floats = "97cb3ff0000000000000cb3fb999999999999acb8000000000000000\
                  cb7ff8000000000000cb7ff0000000000000\
                  cbfff0000000000000ca3fc00000";
    let text_of = |head: &str, length: usize| format!("{head}{}", "61".repeat(length));
    let texts =
        [text_of("bf", 31), text_of("d920", 32), text_of("d9ff", 255), text_of("da0100", 256)];
    let array16 = format!("dc0010{}", "01".repeat(16));
    let map16 = format!(
        "de0010{}",
        (0..16).map(|n| format!("a2{:02x}{:02x}{n:02x}", 0x6b, 0x61 + n)).collect::<String>()
    );
    let mut payloads: Vec<String> =
        ["c0", "c2", "c3", "00", "cfffffffffffffffff", "d38000000000000000"]
            .into_iter()
            .chain(["cb3ff0000000000000", "a0", "90", "80", unsigned, signed, floats])
            .map(str::to_owned)
            .collect();
    payloads.extend(texts);
    payloads.extend([array16, map16]);
    payloads.push("82a17a01a16102".to_owned());
    payloads.extend([
        "c4020080".to_owned(),
        "82a16bc403010203a16c01".to_owned(),
        "820102c303".to_owned(),
    ]);
    payloads.push("d4057f".to_owned());
    payloads.push("82a16101a16102".to_owned());
    payloads.push(format!("db00011170{}", "62".repeat(70_000)));
    payloads
}

/// Bytes that no encoder of the profile writes; they travel in batches of one.
const RAW_PAYLOADS: [&str; 7] = ["", "cd0001", "0101", "c1", "a3ff", "a2fffe", "93010203"];

fn payload_shapes() -> Shape {
    let mut steps: Vec<Value> = Vec::new();
    for payload in canonical_payloads() {
        let n = u64::try_from(steps.len() + 1).unwrap_or(0);
        steps.push(with(event(n, "payload"), json!({"value": null, "payload": payload})));
    }
    let nested = json!({"a": {"b": [[], {}, null, true, {"c": -1.5}]}, "z": ["🦊", "é", 1e300]});
    let n = u64::try_from(steps.len() + 1).unwrap_or(0);
    steps.push(with(event(n, "payload"), json!({"value": nested})));
    for payload in RAW_PAYLOADS {
        let n = u64::try_from(steps.len() + 1).unwrap_or(0);
        steps.push(items(vec![with(event(n, "raw"), json!({"value": null, "payload": payload}))]));
    }
    Shape {
        name: "payload-shapes",
        how: "every MessagePack form: nil, booleans, integers of each width up to u64 max and i64 \
            min, floats with NaN, infinities and -0, strings of each length class, arrays, \
            nested maps, unsorted and duplicate keys, binary, integer and boolean keys, ext, a \
            string of 70000 bytes; in batches of one: no bytes at all, a wide integer, trailing \
            bytes, the unused byte c1, a cut string, invalid UTF-8, an array of byte-sized \
            integers; closed",
        reference: "binary, ext, other keys than strings, invalid UTF-8, cut and empty payloads \
            are stored and read raw, but the JSON read fails with Serialization, and an ancestor \
            walk that meets one stops without a word",
        ids: &["R-27", "DEV-6"],
        acts: vec![life(json!({}), steps, "close")],
    }
}

fn idempotent() -> Shape {
    let again = |n: u64| with(event(n, "other"), json!({"kind": 0xA001, "value": "ignored"}));
    let pair = || items(vec![event(5, "order:2"), event(6, "order:3")]);
    let first = vec![
        with(event(1, "order:1"), json!({"extensions": {"app.audit": "01"}})),
        event(2, "order:1"),
        again(1),
        with(event(3, "order:1"), json!({"cas": 1})),
        with(event(3, "order:1"), json!({"cas": 1, "expectError": "SequenceMismatch"})),
        pair(),
        pair(),
        with(
            items(vec![event(6, "order:3"), event(7, "order:3")]),
            json!({"expectError": "IdempotencyPartialBatch"}),
        ),
        with(
            items(vec![event(7, "order:3"), with(event(8, "order:3"), json!({"key": null}))]),
            json!({"expectError": "IdempotencyPartialBatch"}),
        ),
    ];
    let second = vec![again(2), event(4, "order:1"), pair(), again(1)];
    Shape {
        name: "idempotent",
        how: "keys used again with another entity, kind and payload, within a process and after a \
            reopen, single and batch; a batch of known and new keys and one with and without \
            keys are refused; closed twice",
        reference: "compare-and-swap is checked before the key, so a retried compare-and-swap \
            append is refused",
        ids: &["D-6"],
        acts: vec![life(json!({}), first, "close"), life(json!({}), second, "close")],
    }
}

fn duplicate_keys() -> Shape {
    let twins =
        items(vec![event(2, "order:1"), with(event(2, "order:2"), json!({"value": "second"}))]);
    Shape {
        name: "duplicate-keys",
        how: "a batch whose two items carry one key, between two single events; dropped",
        reference: "commits both items under one event id; queries return the second one twice, \
            and an index file would hold only the second",
        ids: &["D-7"],
        acts: vec![life(json!({}), vec![event(1, "order:1"), twins, event(3, "order:1")], "drop")],
    }
}

fn gap() -> Vec<Value> {
    let drafts = vec![
        event(2, "order:1"),
        with(event(3, "order:1"), json!({"prior": 1})),
        event(4, "order:1"),
    ];
    let refused = with(items(drafts), json!({"expectError": "BatchFailed"}));
    vec![event(1, "order:1"), refused, event(5, "order:1"), event(6, "order:2")]
}

fn sequence_gap() -> Shape {
    Shape {
        name: "sequence-gap",
        how: "an event, a batch of three that is refused for its causation, two events; dropped",
        reference:
            "the refused batch uses up sequences: the later events have 5 and 6, also in the \
                footer",
        ids: &["F1", "D-3"],
        acts: vec![life(json!({}), gap(), "drop")],
    }
}

fn sequence_gap_killed() -> Shape {
    Shape {
        name: "sequence-gap-killed",
        how: "as sequence-gap, but killed: no footer",
        reference: "the receipts of the last two events say 5 and 6, the next open says 2 and 3",
        ids: &["F1", "D-3"],
        acts: vec![life(json!({}), gap(), "exit")],
    }
}

/// Kinds of the reserved categories, known and unknown: the public append takes them.
fn reserved() -> Vec<Value> {
    let kinds = [0x0000, 0x0042, 0x0042, 0x0003, 0x0FFE, 0xD00F, 0xD001];
    kinds
        .iter()
        .zip(1..)
        .map(|(kind, n)| with(event(n, "order:1"), json!({"kind": kind})))
        .collect()
}

fn reserved_kinds() -> Shape {
    Shape {
        name: "reserved-kinds",
        how: "events of kinds 0x0000, 0x0042 twice, 0x0003, 0x0FFE, 0xD00F and 0xD001; closed; \
            one more event; closed",
        reference: "takes reserved kinds, and replaces unknown ones when it reads a footer or \
            index.fbati: 0x0xxx by 0x1000, 0xDxxx by 0xD001; from the second close on \
            index.fbati itself holds the replacements",
        ids: &["D-11"],
        acts: vec![
            life(json!({}), reserved(), "close"),
            life(json!({}), vec![event(20, "order:1")], "close"),
        ],
    }
}

fn reserved_kinds_killed() -> Shape {
    Shape {
        name: "reserved-kinds-killed",
        how: "as the first process of reserved-kinds, but killed: no footer",
        reference: "keeps the unknown kinds as they are, because they come from frames",
        ids: &["D-11"],
        acts: vec![life(json!({}), reserved(), "exit")],
    }
}

fn repeated_payloads() -> Shape {
    let payloads = [1, 2, 1, 3, 1, 9];
    let steps = payloads
        .iter()
        .zip(1..)
        .map(|(value, n)| with(event(n, "order:1"), json!({"value": value})))
        .collect();
    Shape {
        name: "repeated-payloads",
        how: "payloads 1, 2, 1, 3, 1, 9 in one entity; closed",
        reference: "an ancestor walk takes the first event with the wanted hash: from the last \
            one it finds only two",
        ids: &["D-13", "DEV-6"],
        acts: vec![life(json!({}), steps, "close")],
    }
}

fn cursor() -> Shape {
    let mut steps: Vec<Value> =
        (1..7).map(|n| event(n, if n % 2 == 0 { "order:1" } else { "customer:7" })).collect();
    let follow = |id: &str, region: Value, max: u64| {
        let step = json!({"op": "cursor", "id": id, "batchSize": 2, "max": max});
        with(step, json!({ "region": region }))
    };
    steps.push(follow("worker-A", json!({}), 4));
    steps.push(follow(
        "mañana 🦊",
        json!({"entityPrefix": "order:1", "scope": SCOPE, "category": 10}),
        100,
    ));
    steps.push(follow("exact", json!({"kind": KIND, "clockRange": [1, 2]}), 1));
    steps.push(op("sync"));
    sound(
        "cursor",
        "six events and three durable cursors: worker-A over everything stopped after four \
            events, one with a region and a non-ASCII id run to its end, one with an exact kind \
            and a clock range; closed",
        vec![
            life(json!({}), steps, "close"),
            files(|dir| surgery::expect(dir, "cursors/worker-A.ckpt")),
        ],
    )
}
