//! Runs a list of steps on one directory and prints one result per step.

use crate::args::Args;
use crate::arm::Trap;
use crate::config;
use crate::failure::Failure;
use crate::json::{need, number, only, text};
use crate::{payload, print, reports, steps};
use batpak::coordinate::{KindFilter, Region};
use batpak::id::{CausationId, CorrelationId};
use batpak::store::delivery::observation::CheckpointId;
use batpak::store::{
    AppendTicket, BatchAppendTicket, CursorWorkerAction, CursorWorkerConfig, Store, StoreError,
    VisibilityFence,
};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use std::sync::{mpsc, Arc};
use std::time::Duration;

/// `--script FILE` or `--script -`: JSON arrays of steps, single steps, or both, read as they come.
pub fn command(args: &Args) -> Result<(), Failure> {
    let dir = args.dir()?;
    let source: Box<dyn std::io::Read> = match args.text("script") {
        None => return Err(Failure::usage("missing --script")),
        Some("-") => Box::new(std::io::stdin()),
        Some(path) => {
            Box::new(std::fs::File::open(path).map_err(|e| Failure::usage(format!("{path}: {e}")))?)
        }
    };
    let documents = serde_json::Deserializer::from_reader(source).into_iter::<Value>();
    let steps = documents.flat_map(|document| match document {
        Ok(Value::Array(steps)) => steps.into_iter().map(Ok).collect(),
        Ok(step) => vec![Ok(step)],
        Err(e) => vec![Err(Failure::usage(format!("script: {e}")))],
    });
    let (options, trap) = (json!({}), Arc::new(Trap::default()));
    Script { dir, steps: Box::new(steps), options, trap, done: 0 }.run()
}

struct Script {
    dir: PathBuf,
    steps: Box<dyn Iterator<Item = Result<Value, Failure>>>,
    options: Value,
    trap: Arc<Trap>,
    done: usize,
}

/// Writes under a fence are answered when the fence ends.
enum Ticket {
    Single(AppendTicket),
    Batch(BatchAppendTicket),
}

/// The step that ended a session, and fenced writes still without an answer.
type Ending = (Value, Vec<Ticket>);

impl Script {
    fn run(mut self) -> Result<(), Failure> {
        while let Some(step) = self.steps.next().transpose()? {
            match step["op"].as_str() {
                Some("open") => only(&step, &["op", "config"])?,
                Some("exit") => self.exit(&step)?,
                _ => {
                    let refused = Failure::other("NotOpen", "the store is not open");
                    self.report(&step, Err(refused))?;
                    continue;
                }
            }
            if !step["config"].is_null() {
                self.options = step["config"].clone();
            }
            let config = config::build(&self.dir, &self.options)?;
            let opened = Store::open(config.with_fault_injector(Some(self.trap.clone())));
            let opened = opened.map_err(|e| Failure::store(&e, &self.dir));
            match opened {
                Ok(store) => {
                    self.report(&step, Ok(json!({ "opened": true })))?;
                    self.session(Arc::new(store))?;
                }
                Err(refused) => self.report(&step, Err(refused))?,
            }
        }
        Ok(())
    }

    fn act(&self, store: &Arc<Store>, step: &Value) -> Result<Value, Failure> {
        match step["op"].as_str() {
            Some("arm") => self.trap.arm(step),
            _ => act(store, step, &self.dir),
        }
    }

    /// Prints the result of a step; a misuse ends the script.
    fn report(&mut self, step: &Value, result: Result<Value, Failure>) -> Result<(), Failure> {
        let mut line = match result {
            Err(misuse) if misuse.is_usage() => return Err(misuse),
            Err(refused) => json!({ "error": refused.error() }),
            Ok(line) => line,
        };
        line["step"] = self.done.into();
        line["op"] = step["op"].clone();
        self.done += 1;
        print(&line);
        Ok(())
    }

    /// Steps on an open store, until one ends the session. The end of the script drops the store.
    fn session(&mut self, store: Arc<Store>) -> Result<(), Failure> {
        while let Some(step) = self.steps.next().transpose()? {
            match step["op"].as_str() {
                Some("close" | "drop" | "exit") => return self.end(store, (step, Vec::new())),
                Some("fence") => {
                    if let Some(ending) = self.fence(&store, &step)? {
                        return self.end(store, ending);
                    }
                }
                _ => {
                    let result = self.act(&store, &step);
                    self.report(&step, result)?;
                }
            }
        }
        Ok(())
    }

    fn fence(&mut self, store: &Arc<Store>, step: &Value) -> Result<Option<Ending>, Failure> {
        match store.begin_visibility_fence() {
            Ok(fence) => {
                self.report(step, Ok(json!({ "fenced": true })))?;
                self.fenced(store, fence)
            }
            Err(e) => {
                self.report(step, Err(Failure::store(&e, &self.dir)))?;
                Ok(None)
            }
        }
    }

    /// Steps under a fence. Ending the session leaves the fence open, as a caller that forgot it
    /// would.
    fn fenced(
        &mut self,
        store: &Arc<Store>,
        fence: VisibilityFence<'_>,
    ) -> Result<Option<Ending>, Failure> {
        let mut pending = Vec::new();
        while let Some(step) = self.steps.next().transpose()? {
            let unfenced = step["unfenced"] == true;
            let ended = match step["op"].as_str() {
                Some("close" | "drop" | "exit") => {
                    std::mem::forget(fence);
                    return Ok(Some((step, pending)));
                }
                Some("commit") => fence.commit(),
                Some("cancel") => fence.cancel(),
                Some("append" | "batch") if !unfenced => {
                    let ticket = fenced_write(&fence, &step, &self.dir);
                    let result = ticket.map(|ticket| {
                        pending.push(ticket);
                        json!({ "pending": pending.len() - 1 })
                    });
                    self.report(&step, result)?;
                    continue;
                }
                _ => {
                    let result = self.act(store, &step);
                    self.report(&step, result)?;
                    continue;
                }
            };
            let answers = ended.map(|()| json!({ "settled": self.settle(pending) }));
            self.report(&step, answers.map_err(|e| Failure::store(&e, &self.dir)))?;
            return Ok(None);
        }
        std::mem::forget(fence);
        Ok(Some((json!({ "op": "drop" }), pending)))
    }

    fn settle(&self, pending: Vec<Ticket>) -> Vec<Value> {
        let answer = |ticket| match ticket {
            Ticket::Single(ticket) => ticket.wait().map(|receipt| steps::receipts_json(&[receipt])),
            Ticket::Batch(ticket) => ticket.wait().map(|receipts| steps::receipts_json(&receipts)),
        };
        let refused = |e: StoreError| Failure::store(&e, &self.dir).document();
        pending.into_iter().map(|ticket| answer(ticket).unwrap_or_else(refused)).collect()
    }

    /// Ends the process without any clean-up, as a crash would.
    fn exit(&mut self, step: &Value) -> Result<(), Failure> {
        let code = number::<u8>(step, "code")?.unwrap_or(0);
        self.report(step, Ok(json!({ "exited": true })))?;
        std::process::exit(code.into())
    }

    fn end(&mut self, store: Arc<Store>, (step, pending): Ending) -> Result<(), Failure> {
        only(&step, &["op", "code"])?;
        if step["op"] == "exit" {
            self.exit(&step)?;
        }
        let store = Arc::try_unwrap(store)
            .map_err(|_| Failure::other("Driver", "the store is still in use"))?;
        let closed = match step["op"].as_str() {
            Some("close") => store.close().map(drop),
            _ => {
                drop(store);
                Ok(())
            }
        };
        let answers = closed.map(|()| json!({ "ended": true, "settled": self.settle(pending) }));
        self.report(&step, answers.map_err(|e| Failure::store(&e, &self.dir)))
    }
}

fn act(store: &Arc<Store>, step: &Value, dir: &Path) -> Result<Value, Failure> {
    match step["op"].as_str() {
        Some("append") => {
            steps::append(store, step, dir).map(|receipt| json!({ "receipt": receipt }))
        }
        Some("batch") => steps::batch(store, step, dir),
        Some("denial") => {
            steps::denial(store, step, dir).map(|receipt| json!({ "receipt": receipt }))
        }
        Some("compact") => steps::compact(store, step, dir),
        Some("cursor") => cursor(store, step, dir),
        Some("verify") => steps::verify_receipt(store, step),
        Some("walk") => steps::walk(store, step),
        Some("dump") => steps::dump_open(store, step, dir),
        Some("fence") => {
            store.begin_visibility_fence().map(|_| json!({})).map_err(|e| Failure::store(&e, dir))
        }
        Some("sync") => {
            store.sync().map(|()| json!({ "synced": true })).map_err(|e| Failure::store(&e, dir))
        }
        Some("snapshot") => {
            let copied = store.snapshot_with_evidence(Path::new(need(step, "to")?));
            let report = copied.map_err(|e| Failure::store(&e, dir))?;
            let report = reports::reported(&report.body, &report.body_hash)?;
            Ok(json!({ "copied": true, "report": report }))
        }
        Some("evidence") => {
            only(step, &["op", "request"])?;
            reports::report(store, &step["request"]).map(|report| json!({ "report": report }))
        }
        _ => Err(Failure::usage(format!("unknown step: {step}"))),
    }
}

/// A fenced single append of the reference takes no options but correlation with causation.
fn fenced_write(fence: &VisibilityFence<'_>, step: &Value, dir: &Path) -> Result<Ticket, Failure> {
    let refused = |e| Failure::store(&e, dir);
    if step["op"] == "batch" {
        only(step, &["op", "items"])?;
        return fence.submit_batch(steps::items(step, dir)?).map(Ticket::Batch).map_err(refused);
    }
    only(step, &["op", "entity", "scope", "kind", "payload", "value", "correlation", "causation"])?;
    let value = payload::replayable(&payload::bytes(step)?)?;
    let (at, kind) = (steps::coordinate(step, dir)?, steps::kind(step, "kind")?);
    let ticket = match (text(step, "correlation")?, text(step, "causation")?) {
        (None, None) => fence.submit(&at, kind, &value),
        (Some(correlation), Some(cause)) => {
            let correlation = CorrelationId::from(crate::json::parse_id(correlation)?);
            let cause = CausationId::from(crate::json::parse_id(cause)?);
            fence.submit_reaction(&at, kind, &value, correlation, cause)
        }
        _ => {
            return Err(Failure::usage(
                "under a fence, give correlation and causation or none of them",
            ))
        }
    };
    ticket.map(Ticket::Single).map_err(refused)
}

/// Runs a durable cursor worker until it has handed out `max` events or has nothing left.
fn cursor(store: &Arc<Store>, step: &Value, dir: &Path) -> Result<Value, Failure> {
    only(step, &["op", "id", "region", "batchSize", "max"])?;
    let mut options = CursorWorkerConfig::default();
    let id = CheckpointId::new(need(step, "id")?);
    options.checkpoint_id =
        Some(id.map_err(|e| Failure::store(&StoreError::CheckpointId(e), dir))?);
    options.batch_size = number(step, "batchSize")?.unwrap_or(1);
    options.idle_sleep = Duration::from_millis(1);
    let max = number(step, "max")?.unwrap_or(usize::MAX);
    let (sender, receiver) = mpsc::channel();
    let mut handed_out = 0;
    let worker = store.cursor_worker(&region(&step["region"])?, options, move |batch, _, _| {
        handed_out += batch.len();
        let sequences: Vec<u64> = batch.iter().map(|entry| entry.global_sequence()).collect();
        // The receiver is gone only when the worker is being stopped.
        let _ = sender.send(sequences);
        if handed_out >= max {
            CursorWorkerAction::Stop
        } else {
            CursorWorkerAction::Continue
        }
    });
    let worker = worker.map_err(|e| Failure::store(&e, dir))?;
    let mut delivered: Vec<Value> = Vec::new();
    while let Ok(sequences) = receiver.recv_timeout(Duration::from_millis(300)) {
        delivered.extend(sequences.into_iter().map(crate::json::uint));
    }
    worker.stop_and_join().map_err(|e| Failure::store(&e, dir))?;
    Ok(json!({ "delivered": delivered }))
}

pub fn region(object: &Value) -> Result<Region, Failure> {
    if object.is_null() {
        return Ok(Region::all());
    }
    only(object, &["entityPrefix", "scope", "kind", "category", "clockRange"])?;
    let mut region = text(object, "entityPrefix")?.map_or_else(Region::all, Region::entity);
    if let Some(scope) = text(object, "scope")? {
        region = region.with_scope(scope);
    }
    if !object["kind"].is_null() {
        region = region.with_fact(KindFilter::Exact(steps::kind(object, "kind")?));
    }
    if let Some(category) = number(object, "category")? {
        region = region.with_fact_category(category);
    }
    if let Value::Array(_) = object["clockRange"] {
        let side =
            |at: usize| object["clockRange"][at].as_u64().and_then(|n| u32::try_from(n).ok());
        let range = side(0).zip(side(1)).ok_or_else(|| Failure::usage("clockRange: two u32"))?;
        region = region.with_clock_range(range);
    }
    Ok(region)
}
