//! JSON forms of ids, bytes and big numbers, and typed access to fields of a JSON object.

use crate::failure::Failure;
use serde_json::{Map, Number, Value};

const MAX_SAFE: u64 = (1 << 53) - 1;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Failure::usage(format!("not hex: {text}")));
    }
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16);
    let bytes = (0..digits.len()).step_by(2).map(pair).collect::<Result<_, _>>();
    bytes.map_err(|e| Failure::usage(e.to_string()))
}

/// An id as 32 lower-case hex digits.
pub fn id(value: u128) -> String {
    format!("{value:032x}")
}

pub fn parse_id(text: &str) -> Result<u128, Failure> {
    u128::from_str_radix(text, 16).map_err(|_| Failure::usage(format!("not an id: {text}")))
}

/// A number that JavaScript reads exactly, else its decimal digits as a string.
pub fn uint(value: u64) -> Value {
    if value <= MAX_SAFE {
        value.into()
    } else {
        value.to_string().into()
    }
}

pub fn int(value: i64) -> Value {
    if value.unsigned_abs() <= MAX_SAFE {
        value.into()
    } else {
        value.to_string().into()
    }
}

/// A payload value in which integers that JavaScript cannot hold are written as
/// `{"$int":"digits"}`.
pub fn exact(value: Value) -> Value {
    match value {
        Value::Number(n) if is_big(&n) => {
            let mut marked = Map::new();
            marked.insert("$int".to_owned(), n.to_string().into());
            Value::Object(marked)
        }
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, field)| (key, exact(field))).collect()
        }
        other => other,
    }
}

fn is_big(n: &Number) -> bool {
    n.as_u64().is_some_and(|u| u > MAX_SAFE)
        || n.as_i64().is_some_and(|i| i.unsigned_abs() > MAX_SAFE)
}

/// Refuses a key of `object` that is not in `known`, so that a misspelt option cannot pass unseen.
pub fn only(object: &Value, known: &[&str]) -> Result<(), Failure> {
    let Value::Object(fields) = object else {
        return Err(Failure::usage(format!("expected an object: {object}")));
    };
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Failure::usage(format!("unknown key {key:?}; known: {known:?}"))),
        None => Ok(()),
    }
}

pub fn text<'a>(object: &'a Value, key: &str) -> Result<Option<&'a str>, Failure> {
    match &object[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        other => Err(Failure::usage(format!("{key}: expected a string, got {other}"))),
    }
}

pub fn need<'a>(object: &'a Value, key: &str) -> Result<&'a str, Failure> {
    text(object, key)?.ok_or_else(|| Failure::usage(format!("missing {key}")))
}

/// An unsigned integer, as number or decimal string, that fits `T`.
pub fn number<T: TryFrom<u64>>(object: &Value, key: &str) -> Result<Option<T>, Failure> {
    let wrong =
        || Failure::usage(format!("{key}: expected an unsigned integer, got {}", object[key]));
    let value = match &object[key] {
        Value::Null => return Ok(None),
        Value::String(digits) => digits.parse::<u64>().map_err(|_| wrong())?,
        other => other.as_u64().ok_or_else(wrong)?,
    };
    T::try_from(value).map(Some).map_err(|_| wrong())
}

pub fn flag(object: &Value, key: &str) -> Result<Option<bool>, Failure> {
    match &object[key] {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        other => Err(Failure::usage(format!("{key}: expected a boolean, got {other}"))),
    }
}

/// A list; absent is empty.
pub fn list<'a>(object: &'a Value, key: &str) -> Result<&'a [Value], Failure> {
    match &object[key] {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        other => Err(Failure::usage(format!("{key}: expected a list, got {other}"))),
    }
}

pub fn texts(object: &Value, key: &str) -> Result<Vec<String>, Failure> {
    let strings = list(object, key)?.iter().map(|item| item.as_str().map(str::to_owned));
    let all = strings.collect::<Option<Vec<_>>>();
    all.ok_or_else(|| Failure::usage(format!("{key}: expected a list of strings")))
}
