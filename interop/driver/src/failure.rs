//! What can end a command, and the JSON form of the reference's errors.

use batpak::store::{ExtensionKeyError, StoreError};
use serde_json::{json, Map, Value};
use std::path::Path;

pub struct Failure {
    exit_code: i32,
    error: Value,
}

impl Failure {
    /// The caller of the driver made a mistake.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit_code: 2, error: json!({"variant": "Usage", "message": message.into()}) }
    }

    /// The reference refused. `dir` is written as `<dir>` in messages, so that outputs do not
    /// depend on a place.
    pub fn store(error: &StoreError, dir: &Path) -> Self {
        Self { exit_code: 3, error: store_error(error, dir) }
    }

    pub fn extension_key(error: &ExtensionKeyError) -> Self {
        let (kind, message) = (variant(error), error.to_string());
        let body = json!({"variant": "ExtensionKey", "kind": kind, "message": message});
        Self { exit_code: 3, error: body }
    }

    pub fn other(variant: &str, message: impl Into<String>) -> Self {
        Self { exit_code: 3, error: json!({"variant": variant, "message": message.into()}) }
    }

    pub fn panic() -> Self {
        Self::other("Panic", "the reference panicked; see stderr")
    }

    pub fn exit_code(&self) -> i32 {
        self.exit_code
    }

    pub fn is_usage(&self) -> bool {
        self.exit_code == 2
    }

    pub fn error(&self) -> Value {
        self.error.clone()
    }

    pub fn document(&self) -> Value {
        json!({ "error": self.error })
    }
}

/// Name of an enum variant, from its derived debug form.
pub fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    text[..end].to_owned()
}

/// Replaces the store's own path, as given and resolved.
pub fn without_path(text: &str, dir: &Path) -> String {
    let mut out = text.to_owned();
    if let Ok(resolved) = dir.canonicalize() {
        out = out.replace(&resolved.display().to_string(), "<dir>");
    }
    if dir.is_absolute() {
        out = out.replace(&dir.display().to_string(), "<dir>");
    }
    out
}

pub fn store_error(error: &StoreError, dir: &Path) -> Value {
    let mut body = Map::new();
    body.insert("variant".to_owned(), variant(error).into());
    body.insert("message".to_owned(), without_path(&error.to_string(), dir).into());
    if let Value::Object(fields) = fields(error, dir) {
        body.extend(fields);
    }
    Value::Object(body)
}

fn fields(error: &StoreError, dir: &Path) -> Value {
    match error {
        StoreError::Io(e) => json!({"kind": variant(&e.kind()), "errno": e.raw_os_error()}),
        StoreError::StoreLocked { mode, .. } => json!({"mode": variant(mode)}),
        StoreError::Coordinate(e) => json!({"kind": variant(e)}),
        StoreError::CrcMismatch { segment_id, offset } => {
            json!({"segmentId": segment_id, "offset": offset})
        }
        StoreError::CorruptSegment { segment_id, detail } => {
            json!({"segmentId": segment_id, "detail": without_path(detail, dir)})
        }
        StoreError::CorruptFrame { segment_id, offset, reason } => {
            json!({"segmentId": segment_id, "offset": offset, "reason": reason})
        }
        StoreError::NotFound(id) => json!({"eventId": crate::json::id(*id)}),
        StoreError::SequenceMismatch { entity, expected, actual } => {
            json!({"entity": entity, "expected": expected, "actual": actual})
        }
        StoreError::BatchFailed { item_index, source } => {
            json!({"itemIndex": item_index, "source": store_error(source, dir)})
        }
        StoreError::BatchItemTooLarge { index, size, limit } => {
            json!({"index": index, "size": size, "limit": limit})
        }
        StoreError::InvalidCausation { prior_idx, item_index, .. } => {
            json!({"priorIdx": prior_idx, "itemIndex": item_index})
        }
        StoreError::FaultInjected(point) => json!({"point": point}),
        StoreError::HiddenRangesCorrupt { kind, .. } => json!({"kind": variant(kind)}),
        StoreError::PlatformProfileInvalid { kind, .. } => json!({"kind": variant(kind)}),
        StoreError::InvariantViolation { kind } => json!({"kind": variant(kind)}),
        _ => Value::Null,
    }
}
