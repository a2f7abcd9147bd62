//! Damage and half-finished states made by hand from real files.

use serde_json::json;
use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

const BATCH_BEGIN: u64 = 6;
const SIDX_MAGIC: &[u8] = b"SDX2";

struct Frame {
    offset: usize,
    length: usize,
    kind: u64,
}

fn bad(message: &str) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}

/// Segment ids of a store, ascending.
fn segment_ids(dir: &Path) -> Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        ids.extend(name.strip_suffix(".fbat").and_then(|stem| stem.parse::<u64>().ok()));
    }
    ids.sort_unstable();
    Ok(ids)
}

fn segment(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:06}.fbat"))
}

fn last_segment(dir: &Path) -> Result<PathBuf> {
    let ids = segment_ids(dir)?;
    ids.last().map(|id| segment(dir, *id)).ok_or_else(|| bad("no segment"))
}

fn u32_be(bytes: &[u8], at: usize) -> Result<usize> {
    let field = bytes.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
    let value = field.map(u32::from_be_bytes).ok_or_else(|| bad("short"))?;
    usize::try_from(value).map_err(|_| bad("length"))
}

/// The frames of a segment, up to its footer if it has one.
fn frames(bytes: &[u8]) -> Result<Vec<Frame>> {
    let mut end = bytes.len();
    if bytes.ends_with(SIDX_MAGIC) {
        let field = bytes.get(end - 16..end - 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok());
        let boundary = field.map(u64::from_le_bytes).ok_or_else(|| bad("footer"))?;
        end = usize::try_from(boundary).map_err(|_| bad("footer"))?;
    }
    let mut offset = 8 + u32_be(bytes, 4)?;
    let mut found = Vec::new();
    while offset < end {
        let length = 8 + u32_be(bytes, offset)?;
        let mut payload = bytes.get(offset + 8..offset + length).ok_or_else(|| bad("torn"))?;
        let value = rmpv::decode::read_value(&mut payload).map_err(|e| bad(&e.to_string()))?;
        let kind = value["event"]["header"]["event_kind"].as_u64().ok_or_else(|| bad("no kind"))?;
        found.push(Frame { offset, length, kind });
        offset += length;
    }
    Ok(found)
}

/// Cuts the last segment after BEGIN and `items` items of its last batch.
pub fn cut_batch(dir: &Path, items: usize) -> Result<()> {
    let path = last_segment(dir)?;
    let bytes = fs::read(&path)?;
    let frames = frames(&bytes)?;
    let begin = frames
        .iter()
        .rposition(|frame| frame.kind == BATCH_BEGIN)
        .ok_or_else(|| bad("no batch"))?;
    let next = frames.get(begin + 1 + items).ok_or_else(|| bad("batch too short"))?;
    fs::write(&path, &bytes[..next.offset])
}

/// Cuts the last frame of the last segment in the middle.
pub fn tear_last_frame(dir: &Path) -> Result<()> {
    let path = last_segment(dir)?;
    let bytes = fs::read(&path)?;
    let frames = frames(&bytes)?;
    let last = frames.last().ok_or_else(|| bad("no frame"))?;
    fs::write(&path, &bytes[..last.offset + last.length / 2])
}

/// Cuts the last `count` frames off the last segment, at a frame boundary.
pub fn drop_frames(dir: &Path, count: usize) -> Result<()> {
    let path = last_segment(dir)?;
    let bytes = fs::read(&path)?;
    let frames = frames(&bytes)?;
    let first = frames
        .len()
        .checked_sub(count)
        .and_then(|at| frames.get(at))
        .ok_or_else(|| bad("too few frames"))?;
    fs::write(&path, &bytes[..first.offset])
}

/// Changes one payload byte of the last complete frame, so that its checksum no longer matches.
pub fn flip_last_frame(dir: &Path) -> Result<()> {
    let path = last_segment(dir)?;
    let mut bytes = fs::read(&path)?;
    let frames = frames(&bytes)?;
    let last = frames.last().ok_or_else(|| bad("no frame"))?;
    bytes[last.offset + last.length - 1] ^= 1;
    fs::write(&path, bytes)
}

/// Appends zeros to the last segment, as a file system does whose size update came before the data.
pub fn zero_tail(dir: &Path, count: usize) -> Result<()> {
    let path = last_segment(dir)?;
    let mut bytes = fs::read(&path)?;
    bytes.resize(bytes.len() + count, 0);
    fs::write(&path, bytes)
}

/// Adds the next segment with only the first `length` bytes of a segment header.
pub fn short_segment(dir: &Path, length: usize) -> Result<()> {
    let ids = segment_ids(dir)?;
    let last = *ids.last().ok_or_else(|| bad("no segment"))?;
    let bytes = fs::read(segment(dir, last))?;
    fs::write(segment(dir, last + 1), &bytes[..length])
}

pub fn remove(dir: &Path, name: &str) -> Result<()> {
    fs::remove_file(dir.join(name))
}

/// How far a compaction got before the process died.
#[derive(Clone, Copy, PartialEq)]
pub enum Compaction {
    /// The marker is written.
    Marked,
    /// The lowest segment is set aside as compact source.
    SetAside,
    /// The merged segment holds `frames` frames of the lowest source, and a half frame if `torn`.
    Partial { frames: usize, torn: bool },
    /// The merged segment is complete, nothing is removed yet.
    Merged,
}

/// Puts a store into the state that a compaction of the reference leaves when it dies.
pub fn interrupt_compaction(dir: &Path, state: Compaction) -> Result<()> {
    let ids = segment_ids(dir)?;
    let (_, sources) = ids.split_last().ok_or_else(|| bad("no segment"))?;
    let merged = *sources.first().ok_or_else(|| bad("one segment only"))?;
    let marker = json!({"merged_id": merged, "source_segment_ids": sources});
    fs::write(dir.join("compaction.pending.json"), marker.to_string())?;
    if state == Compaction::Marked {
        return Ok(());
    }
    let target = segment(dir, merged);
    let aside = dir.join(format!("{merged:06}.fbat.compact-src"));
    fs::rename(&target, &aside)?;
    let first = fs::read(&aside)?;
    let begin = 8 + u32_be(&first, 4)?;
    match state {
        Compaction::Partial { frames: count, torn } => {
            let frames = frames(&first)?;
            let next = frames.get(count).ok_or_else(|| bad("too few frames"))?;
            let end = next.offset + if torn { next.length / 2 } else { 0 };
            fs::write(&target, &first[..end])
        }
        Compaction::Merged => {
            let mut bytes = first[..begin].to_vec();
            for id in sources {
                let source =
                    if *id == merged { first.clone() } else { fs::read(segment(dir, *id))? };
                for frame in frames(&source)? {
                    bytes.extend_from_slice(&source[frame.offset..frame.offset + frame.length]);
                }
            }
            fs::write(&target, bytes)
        }
        Compaction::Marked | Compaction::SetAside => Ok(()),
    }
}

/// A marker whose work is done: the merged segment stands, no other source is left.
pub fn stale_marker(dir: &Path, sources: &[u64]) -> Result<()> {
    let merged = sources.first().ok_or_else(|| bad("no source"))?;
    let marker = json!({"merged_id": merged, "source_segment_ids": sources});
    fs::write(dir.join("compaction.pending.json"), marker.to_string())
}

/// Fails when a file that the shape is about was not written.
pub fn expect(dir: &Path, name: &str) -> Result<()> {
    fs::metadata(dir.join(name)).map(drop)
}
