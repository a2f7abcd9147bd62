//! A fault at one of the reference's own injection points, for the next write that passes it.

use crate::failure::Failure;
use crate::json::{need, number, only};
use batpak::store::{FaultInjector, InjectionPoint, StoreError};
use serde_json::{json, Value};
use std::sync::{Mutex, PoisonError};

/// Fires once, then it must be armed again.
#[derive(Default)]
pub struct Trap(Mutex<Option<Armed>>);

struct Armed {
    at: String,
    item: Option<usize>,
    kill: bool,
}

impl Trap {
    /// The step `arm`: `at` names a point, `item` one of its batch items, `do` is `kill` or `fail`.
    pub fn arm(&self, step: &Value) -> Result<Value, Failure> {
        only(step, &["op", "at", "item", "do"])?;
        let kill = match need(step, "do")? {
            "kill" => true,
            "fail" => false,
            other => return Err(Failure::usage(format!("do: {other}"))),
        };
        let armed = Armed { at: need(step, "at")?.to_owned(), item: number(step, "item")?, kill };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(armed);
        Ok(json!({ "armed": true }))
    }
}

impl FaultInjector for Trap {
    fn check(&self, point: InjectionPoint) -> Option<StoreError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = crate::failure::variant(&point);
        let index = match point {
            InjectionPoint::BatchItemWritten { item_index, .. } => Some(item_index),
            _ => None,
        };
        let hit =
            |armed: &&mut Armed| armed.at == name && (armed.item.is_none() || armed.item == index);
        let kill = slot.as_mut().filter(hit)?.kill;
        *slot = None;
        if kill {
            // As a crash: the lock file, the segment and every buffer stay as they are.
            std::process::exit(0);
        }
        Some(StoreError::FaultInjected(name))
    }
}
