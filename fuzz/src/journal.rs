//! The journal and its snapshots.

use scalp_journal::frame::{self, Kind, SegmentHead};
use scalp_journal::{Ending, Frame, Reader, Snapshots};

/// A journal of two segments, split where the first two bytes say.
pub fn segments(bytes: &[u8]) {
    let Some((split, rest)) = bytes.split_first_chunk::<2>() else { return };
    let split = usize::from(u16::from_le_bytes(*split));
    match rest.split_at_checked(split) {
        Some((first, second)) if split > 0 => read(vec![first.to_vec(), second.to_vec()]),
        _ => read(vec![rest.to_vec()]),
    }
}

/// Frames with right checksums around any bodies: `kind, flags, length, body` for each.
pub fn frames(bytes: &[u8]) {
    let head = SegmentHead { index: 0, first_seq: 0, last_at: i64::MIN, chain: [0; 32] };
    let mut segment = head.to_bytes().to_vec();
    let mut crc = frame::crc_of_head(segment[..].first_chunk().expect("a head is that long"));
    let mut seq = 0;
    let mut rest = bytes;
    while let [code, flags, length, body @ ..] = rest {
        let (body, after) = body.split_at(body.len().min(usize::from(*length)));
        rest = after;
        const KINDS: [Kind; 11] = [
            Kind::Genesis,
            Kind::Market,
            Kind::Order,
            Kind::Account,
            Kind::Timer,
            Kind::Command,
            Kind::Request,
            Kind::Check,
            Kind::Seal,
            Kind::Rotate,
            Kind::Close,
        ];
        let kind = if seq == 0 { Kind::Genesis } else { KINDS[usize::from(*code) % KINDS.len()] };
        let start = frame::begin(&mut segment);
        segment.extend_from_slice(body);
        crc = frame::finish(&mut segment, start, kind, flags & 1 != 0 && body.len() >= 8, seq, crc);
        seq += u64::from(kind.is_event());
    }
    read(vec![segment]);
}

/// Reads to the end or to the first damage, twice over the same bytes: both must see the same.
fn read(segments: Vec<Vec<u8>>) {
    let run = || {
        let mut reader = Reader::from_memory(segments.clone());
        let mut seen = 0_u64;
        let end = loop {
            match reader.next_frame() {
                Ok(Some(Frame::Event(event))) => {
                    assert_eq!(event.seq, seen);
                    seen += 1;
                }
                Ok(Some(Frame::Request(_) | Frame::Check(_) | Frame::Close(_))) => {}
                Ok(None) => break Ok(reader.ending()),
                Err(error) => break Err((error.segment, error.position, error.to_string())),
            }
        };
        if let Ok(Ending::Cut { segment, position, .. }) = end {
            assert!(position <= segments[segment as usize].len() as u64);
        }
        (seen, end)
    };
    assert_eq!(run(), run());
}

/// A snapshot file under its right name.
pub fn snapshot(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let Ok(snapshots) = Snapshots::open(folder.path()) else { return };
    if std::fs::write(folder.path().join(format!("snapshot-{:020}.state", 7)), bytes).is_err() {
        return;
    }
    let found = snapshots.newest(u64::MAX).expect("the folder can be read");
    assert_eq!(found.0.is_none(), found.1.len() == 1);
}
