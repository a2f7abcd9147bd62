//! One workload of batpak 0.8.0 per process, one JSON line on stdout.
//!
//! usage: batpak-reference-bench append|p99|durable DIR N | batch DIR BATCHES | open DIR | get DIR N
//!        | cursor DIR CALLS SIZE | fanout DIR N SUBSCRIBERS | drain DIR N SUBSCRIBERS

use batpak::prelude::*;
use batpak::store::{BatchAppendItem, CausationRef};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Instant;

const STREAMS: u64 = 100;
const WARM_UP: u64 = 5_000;
const WARM_UP_SYNCED: u64 = 3_000;
const BATCH: u64 = 100;

#[derive(Serialize, Deserialize)]
struct Line {
    sku: String,
    qty: u32,
    cents: u32,
}

/// The order that every driver appends: 256 bytes as JSON, 197 as MessagePack.
#[derive(Serialize, Deserialize, EventPayload)]
#[batpak(category = 0xA, type_id = 7)]
struct Order {
    order_id: String,
    customer: String,
    amount_cents: u32,
    currency: String,
    status: String,
    lines: Vec<Line>,
    note: String,
    ts: u64,
}

fn order(i: u64) -> Order {
    let line = |sku: &str, qty, cents| Line { sku: sku.into(), qty, cents };
    Order {
        order_id: format!("ord-{}", 10_000_000 + i),
        customer: format!("cust-{}", 4000 + i % 1000),
        amount_cents: 129_900 + (i % 1000) as u32,
        currency: "EUR".into(),
        status: "confirmed".into(),
        lines: vec![line("SKU-1001", 2, 4990), line("SKU-2002", 1, 119_920)],
        note: "leave at the doorxxxxxxxxxxx".into(),
        ts: 1_732_345_678,
    }
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}

/// Appends orders to 100 entities in turn; `measure` gets the function that appends the next one.
fn appending(config: StoreConfig, warm_up: u64, measure: impl FnOnce(&mut dyn FnMut()) -> f64) -> f64 {
    let store = Store::open(config).expect("open");
    let coordinates = coordinates();
    let orders: Vec<Order> = (0..4096).map(order).collect();
    let mut i = 0u64;
    let mut go = || {
        let at = &coordinates[(i % STREAMS) as usize];
        store.append_typed(at, &orders[(i & 4095) as usize]).expect("append");
        i += 1;
    };
    (0..warm_up).for_each(|_| go());
    let value = measure(&mut go);
    store.close().expect("close");
    value
}

fn coordinates() -> Vec<Coordinate> {
    let coordinate = |i| Coordinate::new(format!("order-{i:05}"), "bench:scope").expect("coordinate");
    (0..STREAMS).map(coordinate).collect()
}

fn without_sync(dir: &str) -> StoreConfig {
    StoreConfig::new(dir).with_sync_every_n_events(u32::MAX)
}

fn mean(n: u64, go: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    (0..n).for_each(|_| go());
    micros(start) / n as f64
}

fn percentile_99(n: u64, go: &mut dyn FnMut()) -> f64 {
    let call = |_| {
        let start = Instant::now();
        go();
        micros(start)
    };
    let mut calls: Vec<f64> = (0..n).map(call).collect();
    calls.sort_by(f64::total_cmp);
    calls[(n as f64 * 0.99) as usize]
}

/// Batches of 100, each synced: microseconds per event, with the making of the items.
fn batch(dir: &str, batches: u64) -> f64 {
    let store = Store::open(StoreConfig::new(dir)).expect("open");
    let coordinates = coordinates();
    let orders: Vec<Order> = (0..4096).map(order).collect();
    let mut next = 0usize;
    let mut run = |batches: u64| {
        for i in 0..batches {
            let at = &coordinates[(i % STREAMS) as usize];
            let items = (0..BATCH).map(|_| {
                next += 1;
                let order = &orders[next & 4095];
                BatchAppendItem::typed(at.clone(), order, AppendOptions::default(), CausationRef::None)
            });
            store.append_batch(items.collect::<Result<Vec<_>, _>>().expect("items")).expect("batch");
        }
    };
    run(50);
    let start = Instant::now();
    run(batches);
    let value = micros(start) / (batches * BATCH) as f64;
    store.close().expect("close");
    value
}

/// Opens a store without index files: the time until it can be used.
fn open(dir: &str) -> f64 {
    let config = StoreConfig::new(dir).with_enable_mmap_index(false).with_enable_checkpoint(false);
    let start = Instant::now();
    let store = Store::open(config).expect("open");
    let elapsed = micros(start);
    assert!(store.stats().event_count > 0);
    elapsed
}

/// Random point reads of N events, payload decoded to a value.
fn get(dir: &str, n: u64) -> f64 {
    let store = Store::open_read_only(StoreConfig::new(dir)).expect("open");
    let hits = store.query(&Region::all().with_scope("bench:scope"));
    let ids: Vec<EventId> = hits.iter().map(|hit| EventId::from(hit.event_id())).collect();
    let mut x = 42u64;
    let mut next = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ids[((x >> 33) % ids.len() as u64) as usize]
    };
    for _ in 0..WARM_UP {
        black_box(store.get(next()).expect("get"));
    }
    let start = Instant::now();
    for _ in 0..n {
        black_box(store.get(next()).expect("get"));
    }
    micros(start) / n as f64
}

/// Batches of a cursor over everything, from the beginning: microseconds per batch.
fn cursor(dir: &str, calls: u64, size: u64) -> f64 {
    let store = Store::open_read_only(StoreConfig::new(dir)).expect("open");
    let mut cursor = store.cursor_guaranteed(&Region::all().with_scope("bench:scope"));
    let mut poll = || assert!(!black_box(cursor.poll_batch(size as usize)).is_empty());
    (0..calls / 10).for_each(|_| poll());
    let start = Instant::now();
    (0..calls).for_each(|_| poll());
    micros(start) / calls as f64
}

/// Appends with live subscribers: microseconds per append, or per drained notification.
fn fanout(dir: &str, n: u64, subscribers: u64, drain: bool) -> f64 {
    let config = without_sync(dir).with_broadcast_capacity(2 * (n + WARM_UP) as usize);
    let store = Store::open(config).expect("open");
    let subscribed: Vec<_> = (0..subscribers).map(|_| store.subscribe_lossy(&Region::all())).collect();
    let coordinates = coordinates();
    let orders: Vec<Order> = (0..4096).map(order).collect();
    let mut i = 0u64;
    let mut go = || {
        let at = &coordinates[(i % STREAMS) as usize];
        store.append_typed(at, &orders[(i & 4095) as usize]).expect("append");
        i += 1;
    };
    (0..WARM_UP).for_each(|_| go());
    let appending = mean(n, &mut go);
    let start = Instant::now();
    for subscription in &subscribed {
        for _ in 0..n {
            black_box(subscription.recv().expect("notification"));
        }
    }
    let draining = micros(start) / (n * subscribers) as f64;
    store.close().expect("close");
    if drain { draining } else { appending }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = |i: usize| args.get(i).map_or("", String::as_str);
    let count = text(3).parse().unwrap_or(0);
    let dir = text(2);
    let value = match text(1) {
        "append" => appending(without_sync(dir), WARM_UP, |go| mean(count, go)),
        "p99" => appending(without_sync(dir), WARM_UP, |go| percentile_99(count, go)),
        "durable" => {
            let config = StoreConfig::new(dir).with_sync_every_n_events(1).with_sync_mode(SyncMode::SyncData);
            appending(config, WARM_UP_SYNCED, |go| mean(count, go))
        }
        "batch" => batch(dir, count),
        "open" => open(dir),
        "get" => get(dir, count),
        "cursor" => cursor(dir, count, text(4).parse().unwrap_or(1)),
        "fanout" | "drain" => fanout(dir, count, text(4).parse().unwrap_or(1), text(1) == "drain"),
        other => {
            eprintln!("unknown workload {other:?}");
            std::process::exit(2);
        }
    };
    println!("{{\"value\":{value}}}");
}
