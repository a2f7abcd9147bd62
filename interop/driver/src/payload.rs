//! Payloads given as bytes.
//!
//! The reference's single append takes a serializable value, not bytes. Canonical MessagePack can
//! be decoded and
//! replayed through its encoder to the same bytes; anything else only fits a batch item, which
//! takes bytes as they are.

use crate::failure::Failure;
use crate::json::{text, unhex};
use serde_json::Value;

/// The payload bytes of a step: `payload` (hex) or `value` (JSON, encoded as the reference does).
pub fn bytes(step: &Value) -> Result<Vec<u8>, Failure> {
    let value = step.get("value");
    match (text(step, "payload")?, value) {
        (Some(hex), None) => unhex(hex),
        (None, Some(value)) => {
            batpak::encoding::to_bytes(value).map_err(|e| Failure::usage(format!("value: {e}")))
        }
        _ => Err(Failure::usage("give either payload (hex) or value (JSON)")),
    }
}

/// A value that the reference's encoder turns into exactly these bytes.
pub fn replayable(bytes: &[u8]) -> Result<rmpv::Value, Failure> {
    let mut rest = bytes;
    let decoded = rmpv::decode::read_value(&mut rest).ok();
    let same =
        |value: &rmpv::Value| batpak::encoding::to_bytes(value).is_ok_and(|again| again == bytes);
    decoded.filter(same).ok_or_else(|| {
        Failure::usage("payload is not canonical MessagePack: append it as a batch of one")
    })
}
