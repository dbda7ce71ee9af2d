//! Whatever happens to the bytes of a journal: a torn tail is cut, everything else is found and named.
#![allow(clippy::unwrap_used, reason = "a test")]

mod events;

use events::{Made, Memory, append_all, journal_of, read_all, some};
use proptest::prelude::*;
use scalp_journal::frame::SEGMENT_HEADER_BYTES;
use scalp_journal::{Damage, Ending, Frame, Reader, Writer, WriterConfig};
use scalp_types::StateHash;

/// The ends of all frames in one segment, by their sizes.
fn frame_ends(segment: &[u8]) -> Vec<usize> {
    let mut ends = vec![SEGMENT_HEADER_BYTES];
    while let Some(head) = segment.get(ends[ends.len() - 1]..).filter(|it| it.len() >= 16) {
        let size = u32::from_le_bytes(head[4..8].try_into().unwrap()) as usize;
        ends.push(ends[ends.len() - 1] + size);
    }
    ends
}

fn small() -> (Vec<Made>, Vec<u8>) {
    let events = some(23);
    let mut segments = journal_of(&events, WriterConfig::default());
    assert_eq!(segments.len(), 1);
    (events, segments.remove(0))
}

#[test]
fn a_journal_cut_at_any_byte_gives_the_whole_frames_before_and_says_where() {
    let (events, whole) = small();
    let ends = frame_ends(&whole);
    assert_eq!(ends.len(), events.len() + 3, "genesis, the events and the close");
    for cut in 0..whole.len() {
        let mut reader = Reader::from_memory(vec![whole[..cut].to_vec()]);
        let count = read_all(&mut reader, &events).unwrap();
        let frames = ends.iter().filter(|&&end| end <= cut).count().saturating_sub(1);
        assert_eq!(count, frames as u64, "cut at {cut}");
        let last = ends.iter().rev().find(|&&end| end <= cut).copied().unwrap_or(0);
        let expected = if last == cut && cut > 0 {
            Ending::Open
        } else {
            Ending::Cut { segment: 0, position: last as u64, bytes: (cut - last) as u64 }
        };
        assert_eq!(reader.ending(), expected, "cut at {cut}");
    }
    let mut reader = Reader::from_memory(vec![whole]);
    assert_eq!(read_all(&mut reader, &events).unwrap(), events.len() as u64 + 1);
    assert!(matches!(reader.ending(), Ending::Closed(close) if close.events == events.len() as u64 + 1));
}

#[test]
fn any_changed_bit_stops_at_the_frame_it_is_in() {
    let (events, whole) = small();
    let ends = frame_ends(&whole);
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut reader = Reader::from_memory(vec![changed]);
        let error = read_all(&mut reader, &events).expect_err("a changed bit is never read over");
        let frame = ends.iter().rev().find(|&&end| end <= bit / 8).copied().unwrap_or(0);
        assert_eq!((error.segment, error.position), (0, frame as u64), "bit {bit}: {error}");
        let again = read_all(&mut reader, &events);
        assert!(frame == 0 || again.is_err(), "an error does not go away by asking again");
    }
}

#[test]
fn a_tail_that_the_file_system_left_as_zeros_is_cut() {
    let (events, whole) = small();
    let ends = frame_ends(&whole);
    for boundary in (512..whole.len()).step_by(512) {
        let mut zeroed = whole.clone();
        zeroed[boundary..].fill(0);
        zeroed.resize(whole.len() + 5000, 0);
        let mut reader = Reader::from_memory(vec![zeroed.clone()]);
        let count = read_all(&mut reader, &events).unwrap();
        let last = ends.iter().rev().find(|&&end| end <= boundary).copied().unwrap();
        let bytes = (zeroed.len() - last) as u64;
        assert_eq!(reader.ending(), Ending::Cut { segment: 0, position: last as u64, bytes });
        assert_eq!(count, ends.iter().filter(|&&end| end <= boundary).count() as u64 - 1);
        zeroed[last - 1] ^= 1;
        read_all(&mut Reader::from_memory(vec![zeroed]), &events)
            .expect_err("the zeros hide no changed byte");
    }
}

#[test]
fn zeros_in_the_middle_are_damage() {
    let (events, whole) = small();
    let mut zeroed = whole.clone();
    zeroed[512..1024].fill(0);
    assert!(zeroed[1024..].iter().any(|&it| it != 0));
    read_all(&mut Reader::from_memory(vec![zeroed]), &events).expect_err("zeros with data behind them");
}

#[test]
fn a_frame_that_was_removed_repeated_or_moved_breaks_the_chain_there() {
    let (events, whole) = small();
    let ends = frame_ends(&whole);
    for n in 1..ends.len() - 2 {
        let [a, b, c] = [ends[n - 1], ends[n], ends[n + 1]];
        let mut removed = whole.clone();
        removed.drain(a..b);
        let mut repeated = whole.clone();
        repeated.splice(b..b, whole[a..b].iter().copied());
        let mut swapped = whole.clone();
        swapped.splice(a..c, whole[b..c].iter().chain(&whole[a..b]).copied());
        for (what, bytes, at) in [("removed", removed, a), ("repeated", repeated, b), ("swapped", swapped, a)]
        {
            let error = read_all(&mut Reader::from_memory(vec![bytes]), &events).unwrap_err();
            assert_eq!(error.position, at as u64, "{what} frame {n}: {error}");
            assert!(matches!(error.damage, Damage::Crc { .. }), "{what} frame {n}: {error}");
        }
    }
}

/// Rewrites every checksum of a segment, as somebody would who wants to hide a change.
fn forge(segment: &mut [u8]) {
    let ends = frame_ends(segment);
    let mut crc = scalp_journal::frame::crc_of_head(segment[..SEGMENT_HEADER_BYTES].try_into().unwrap());
    for pair in ends.windows(2) {
        let frame = &mut segment[pair[0]..pair[1]];
        crc = scalp_journal::frame::crc(crc, &frame[4..]);
        frame[..4].copy_from_slice(&crc.to_le_bytes());
    }
}

#[test]
fn a_change_with_forged_checksums_is_found_at_the_seal() {
    let (_, whole) = small();
    let ends = frame_ends(&whole);
    let mut changed = whole.clone();
    let (trade, price) = (ends[7], 16 + 24);
    changed[trade + price] ^= 1;
    forge(&mut changed);
    let mut reader = Reader::from_memory(vec![changed]);
    let error = loop {
        match reader.next_frame() {
            Ok(Some(Frame::Close(_)) | None) => panic!("the forged journal was believed"),
            Ok(Some(_)) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error.damage, Damage::Chain), "{error}");
}

fn rotated() -> (Vec<Made>, Vec<Vec<u8>>) {
    let events = some(6000);
    let segments = journal_of(&events, WriterConfig { segment_bytes: 100_000 });
    assert!(segments.len() >= 3);
    (events, segments)
}

#[test]
fn segments_are_bounded_and_read_as_one_journal() {
    let (events, segments) = rotated();
    for (n, segment) in segments.iter().enumerate() {
        assert!(segment.len() < 100_000 + 70_000, "segment {n} has {} bytes", segment.len());
    }
    let mut reader = Reader::from_memory(segments);
    assert_eq!(read_all(&mut reader, &events).unwrap(), 6001);
    assert!(matches!(reader.ending(), Ending::Closed(_)));
}

#[test]
fn a_segment_that_was_removed_moved_or_replaced_is_named() {
    let (events, segments) = rotated();
    let read = |segments: Vec<Vec<u8>>| {
        let error = read_all(&mut Reader::from_memory(segments), &events).unwrap_err();
        (error.segment, error.damage.to_string())
    };
    let mut removed = segments.clone();
    removed.remove(1);
    assert_eq!(read(removed), (1, "segment does not go on from the one before it (index differs)".into()));
    let mut swapped = segments.clone();
    swapped.swap(0, 1);
    assert_eq!(read(swapped).0, 0);
    let mut last = segments.clone();
    last.pop();
    let lost = last.len() as u32;
    assert_eq!(read(last), (lost, "segment is missing".into()));
    let mut other = segments.clone();
    other[1] = journal_of(&some(5999), WriterConfig { segment_bytes: 100_001 }).swap_remove(1);
    other[1][SEGMENT_HEADER_BYTES..].reverse();
    assert_eq!(read(other).0, 1);
    let mut cut = segments.clone();
    let length = cut[0].len();
    cut[0].truncate(length - 48);
    assert_eq!(read(cut), (0, "segment is not ended, and another one follows".into()));
    let mut beyond = segments;
    beyond.push(vec![]);
    let last = beyond.len() as u32 - 2;
    assert_eq!(read(beyond), (last, "something follows the end of the journal".into()));
}

#[test]
fn what_follows_the_close_is_damage() {
    let (events, mut whole) = small();
    let length = whole.len() as u64;
    whole.extend_from_slice(&[0; 8]);
    let error = read_all(&mut Reader::from_memory(vec![whole]), &events).unwrap_err();
    assert!(matches!(error.damage, Damage::AfterClose), "{error}");
    assert_eq!(error.position, length);
}

#[test]
fn every_block_is_sealed_and_a_change_in_any_is_found() {
    let (events, segments) = rotated();
    for segment in 0..segments.len() {
        for byte in (0..segments[segment].len()).step_by(4999) {
            let mut changed = segments.clone();
            changed[segment][byte] ^= 0x10;
            let error = read_all(&mut Reader::from_memory(changed), &events).unwrap_err();
            assert_eq!(error.segment as usize, segment, "byte {byte}: {error}");
            assert!(error.position <= byte as u64);
        }
    }
}

#[test]
fn a_journal_without_events_can_be_closed_and_read() {
    let mut writer = Writer::on(Memory::default(), WriterConfig::default()).unwrap();
    writer.close(StateHash::default()).unwrap();
    let mut reader = Reader::from_memory(writer.medium().segments.clone());
    assert!(matches!(reader.next_frame().unwrap(), Some(Frame::Close(close)) if close.events == 0));
    assert!(reader.next_frame().unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_events_come_back_as_they_went_in(
        events in prop::collection::vec(events::any_made(), 0..200),
        segment_bytes in prop::sample::select(vec![1, 70_000, 1 << 28]),
    ) {
        let mut writer = Writer::on(Memory::default(), WriterConfig { segment_bytes }).unwrap();
        append_all(&mut writer, &events);
        writer.sync().unwrap();
        let mut reader = Reader::from_memory(writer.medium().segments.clone());
        prop_assert_eq!(read_all(&mut reader, &events).unwrap(), events.len() as u64 + 1);
        prop_assert_eq!(reader.ending(), Ending::Open);
    }

    #[test]
    fn any_bytes_are_a_journal_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        at in 0..2000_usize,
        headed in any::<bool>(),
    ) {
        let (_, mut whole) = small();
        if headed {
            let at = at.min(whole.len());
            let end = (at + bytes.len()).min(whole.len());
            whole.splice(at..end, bytes.iter().copied());
        } else {
            whole = bytes;
        }
        let mut reader = Reader::from_memory(vec![whole]);
        while let Ok(Some(_)) = reader.next_frame() {}
    }
}
