//! Journals as files: one writer, rotation, crashes, full disks, followers, recovery, replay.
#![allow(clippy::unwrap_used, reason = "a test")]

mod events;

use events::{Memory, START, append_all, genesis, read_all, some};
use scalp_journal::recover::{RecoverError, snapshots_of};
use scalp_journal::snapshot::SkipReason;
use scalp_journal::writer::OpenError;
use scalp_journal::{
    Damage, Difference, Ending, Frame, Reader, Sequencer, Snapshots, WriteError, Writer, WriterConfig,
    recover, replay,
};
use scalp_types::*;
use std::path::Path;

const SMALL_SEGMENTS: WriterConfig = WriterConfig { segment_bytes: 100_000 };

fn segment(directory: &Path, index: u32) -> std::path::PathBuf {
    scalp_journal::medium::segment_path(directory, index)
}

#[test]
fn two_writers_on_one_journal_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::create(dir.path(), WriterConfig::default()).unwrap();
    let error = Writer::resume(dir.path(), WriterConfig::default()).unwrap_err();
    assert!(error.to_string().contains("being written by another process"), "{error}");
    drop(writer);
    let error = Writer::create(dir.path(), WriterConfig::default()).unwrap_err();
    assert!(matches!(error, OpenError::Exists(_)), "{error}");
    let _writer = Writer::resume(dir.path(), WriterConfig::default()).unwrap();
}

#[test]
fn a_path_that_is_a_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plain");
    std::fs::write(&file, "").unwrap();
    for error in [
        Writer::create(&file, WriterConfig::default()).unwrap_err().to_string(),
        Reader::open(&file).unwrap_err().to_string(),
    ] {
        assert!(error.contains("plain"), "{error}");
    }
    let empty = dir.path().join("empty");
    let error = Writer::resume(&empty, WriterConfig::default()).unwrap_err();
    assert!(matches!(error, OpenError::Missing(_)), "{error}");
    assert!(matches!(Reader::open(&empty).unwrap_err().damage, Damage::Missing));
}

#[test]
fn a_crash_at_any_byte_of_the_last_segment_can_be_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let events = some(40);
    {
        let mut writer = Writer::create(dir.path(), WriterConfig::default()).unwrap();
        append_all(&mut writer, &events);
        writer.sync().unwrap();
    }
    let whole = std::fs::read(segment(dir.path(), 0)).unwrap();
    let first = 72 + u32::from_le_bytes(whole[76..80].try_into().unwrap()) as usize;
    for cut in (first..whole.len()).step_by(13) {
        std::fs::write(segment(dir.path(), 0), &whole[..cut]).unwrap();
        let (mut writer, resumed) = Writer::resume(dir.path(), WriterConfig::default()).unwrap();
        let seq = resumed.next_seq;
        assert_eq!(writer.next_seq(), seq);
        let mut at = resumed.last_at;
        for (n, made) in events.iter().enumerate().skip(seq as usize - 1) {
            at = at + Span::from_nanos(i64::from(made.after));
            made.lend(n as u64 + 1, at, |event| writer.append(event)).unwrap();
        }
        writer.close(StateHash::default()).unwrap();
        drop(writer);
        let mut reader = Reader::open(dir.path()).unwrap();
        assert_eq!(read_all(&mut reader, &events).unwrap(), 41, "cut at {cut}");
        assert!(matches!(reader.ending(), Ending::Closed(_)));
        let error = Writer::resume(dir.path(), WriterConfig::default()).unwrap_err();
        assert!(matches!(error, OpenError::Closed(_)), "{error}");
    }
}

#[test]
fn a_crash_in_the_middle_of_a_rotation_can_be_read_and_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let events = some(6000);
    let mut writer = Writer::create(dir.path(), SMALL_SEGMENTS).unwrap();
    append_all(&mut writer, &events);
    writer.sync().unwrap();
    let last = writer.segment();
    assert!(last >= 2);
    drop(writer);
    // The next segment exists, the end of the one before was not yet written.
    std::fs::remove_file(segment(dir.path(), last)).unwrap();
    let before = std::fs::read(segment(dir.path(), last - 1)).unwrap();
    let next = scalp_journal::frame::SegmentHead { index: last, first_seq: 1, last_at: 0, chain: [0; 32] };
    std::fs::write(segment(dir.path(), last), next.to_bytes()).unwrap();
    std::fs::write(segment(dir.path(), last - 1), &before[..before.len() - 48]).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    let count = read_all(&mut reader, &events).unwrap();
    assert_eq!(reader.ending(), Ending::Open);
    let (mut writer, resumed) = Writer::resume(dir.path(), SMALL_SEGMENTS).unwrap();
    assert_eq!(resumed.next_seq, count);
    let mut at = resumed.last_at;
    for (n, made) in events.iter().enumerate().skip(count as usize - 1) {
        at = at + Span::from_nanos(i64::from(made.after));
        made.lend(n as u64 + 1, at, |event| writer.append(event)).unwrap();
    }
    writer.close(StateHash::default()).unwrap();
    assert_eq!(read_all(&mut Reader::open(dir.path()).unwrap(), &events).unwrap(), 6001);
}

#[test]
fn a_full_disk_loses_nothing_and_writing_goes_on_when_there_is_room() {
    let events = some(6000);
    for room in [73, 200, 65_000, 66_000, 131_500, 131_800] {
        let mut writer =
            Writer::on(Memory { room: Some(room), ..Memory::default() }, SMALL_SEGMENTS).unwrap();
        let genesis = genesis();
        let mut at = Timestamp::from_nanos(START);
        writer.append(&Event { seq: 0, at, body: Body::Genesis(&genesis) }).unwrap();
        let mut refused = 0;
        for (n, made) in events.iter().enumerate() {
            at = at + Span::from_nanos(i64::from(made.after));
            made.lend(n as u64 + 1, at, |event| {
                while let Err(error) = writer.append(event) {
                    assert!(matches!(error, WriteError::Full { .. }), "{error}");
                    assert!(error.to_string().starts_with("disk full: journal segment "), "{error}");
                    refused += 1;
                    writer.medium_mut().room = if refused < 5 { Some(refused * 30) } else { None };
                }
            });
        }
        assert!(refused >= 1, "the disk was never full with room for {room}");
        writer.close(StateHash::default()).unwrap();
        let mut reader = Reader::from_memory(writer.medium().segments.clone());
        assert_eq!(read_all(&mut reader, &events).unwrap(), 6001, "room {room}");
    }
}

#[test]
fn a_failed_sync_stops_the_writer_for_good() {
    let mut writer = Writer::on(Memory::default(), WriterConfig::default()).unwrap();
    append_all(&mut writer, &some(3));
    assert_eq!(writer.durable_before(), 0);
    writer.sync().unwrap();
    assert_eq!(writer.durable_before(), 4);
    writer.medium_mut().sync_fails = true;
    assert!(matches!(writer.sync(), Err(WriteError::Stopped { .. })));
    writer.medium_mut().sync_fails = false;
    assert!(matches!(writer.sync(), Err(WriteError::Stopped { .. })), "the disk may have lost what it took");
    assert!(matches!(writer.close(StateHash::default()), Err(WriteError::Stopped { .. })));
    let timer = Timer { id: TimerId(0), due: Timestamp::MAX };
    let event = Event { seq: 4, at: Timestamp::MAX, body: Body::Timer(timer) };
    assert!(matches!(writer.append(&event), Err(WriteError::Stopped { .. })));
    assert_eq!(writer.durable_before(), 4);
}

#[test]
fn many_appends_share_one_sync() {
    let mut writer = Writer::on(Memory::default(), WriterConfig::default()).unwrap();
    append_all(&mut writer, &some(500));
    writer.sync().unwrap();
    assert_eq!((writer.medium().syncs, writer.durable_before()), (1, 501));
}

#[test]
fn what_cannot_follow_is_refused_and_not_taken() {
    let mut writer = Writer::on(Memory::default(), WriterConfig::default()).unwrap();
    let genesis = genesis();
    let at = Timestamp::from_nanos(10);
    let event = |seq, at| Event { seq, at, body: Body::Timer(Timer { id: TimerId(0), due: at }) };
    assert!(matches!(writer.append(&event(0, at)), Err(WriteError::Genesis { seq: 0 })));
    assert!(matches!(writer.append_check(StateHash::default()), Err(WriteError::Genesis { seq: 0 })));
    let first = Event { seq: 0, at, body: Body::Genesis(&genesis) };
    writer.append(&first).unwrap();
    assert!(matches!(writer.append(&event(2, at)), Err(WriteError::Order { expected: 1, got: 2 })));
    assert!(matches!(writer.append(&first), Err(WriteError::Order { expected: 1, got: 0 })));
    assert!(matches!(writer.append(&Event { seq: 1, ..first }), Err(WriteError::Genesis { seq: 1 })));
    assert!(matches!(writer.append(&event(1, Timestamp::MIN)), Err(WriteError::Time { seq: 1, .. })));
    let levels = vec![Level { price: Price::new(1), qty: Qty::new(1) }; 1 << 21];
    let depth = Depth {
        kind: DepthKind::Snapshot,
        first_id: 0,
        last_id: 0,
        previous_id: 0,
        bids: &levels,
        asks: &[],
    };
    let body = MarketBody::Depth(depth);
    let market = MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body };
    let huge = Event { seq: 1, at, body: Body::Market(market) };
    assert!(matches!(writer.append(&huge), Err(WriteError::Size { seq: 1, .. })));
    writer.append(&event(1, at)).unwrap();
    writer.close(StateHash::default()).unwrap();
    assert!(matches!(writer.append(&event(2, at)), Err(WriteError::Closed)));
    let mut reader = Reader::from_memory(writer.medium().segments.clone());
    let mut count = 0;
    while reader.next_event().unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn a_follower_sees_what_is_flushed_also_over_segments() {
    let dir = tempfile::tempdir().unwrap();
    let events = some(6000);
    let genesis = genesis();
    let mut writer = Writer::create(dir.path(), SMALL_SEGMENTS).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    assert!(reader.next_event().unwrap().is_none());
    let mut at = Timestamp::from_nanos(START);
    writer.append(&Event { seq: 0, at, body: Body::Genesis(&genesis) }).unwrap();
    let mut seen = 0;
    for (n, made) in events.iter().enumerate() {
        at = at + Span::from_nanos(i64::from(made.after));
        made.lend(n as u64 + 1, at, |event| writer.append(event)).unwrap();
        if n % 97 == 0 {
            writer.flush().unwrap();
            while reader.next_event().unwrap().is_some() {
                seen += 1;
            }
            assert_eq!(seen, n + 2);
            assert_eq!(reader.ending(), Ending::Open);
        }
    }
    writer.close(StateHash::default()).unwrap();
    while reader.next_event().unwrap().is_some() {
        seen += 1;
    }
    assert_eq!(seen, 6001);
    assert!(matches!(reader.ending(), Ending::Closed(_)));
}

#[test]
fn a_subscriber_begins_where_it_likes() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(dir.path(), SMALL_SEGMENTS).unwrap();
    append_all(&mut writer, &some(6000));
    writer.sync().unwrap();
    for seq in [0, 1, 2000, 3333, 6000] {
        let mut reader = Reader::open_at(dir.path(), seq).unwrap();
        assert_eq!(reader.next_event().unwrap().unwrap().seq, seq);
    }
    assert!(Reader::open_at(dir.path(), 6001).unwrap().next_event().unwrap().is_none());
    let error = Reader::open_at(dir.path(), 6002).unwrap_err();
    assert!(matches!(error.damage, Damage::Short { have: 6001, wanted: 6002 }), "{error}");
}

/// A core in miniature: it absorbs times and asks to cancel something at every fourth event.
#[derive(Default)]
struct Core {
    hash: StateHash,
    differs_at: Option<u64>,
}

impl Core {
    fn step(&mut self, event: &Event<'_>) -> Option<VenueRequest> {
        self.hash.absorb(event.seq);
        self.hash.absorb_signed(event.at.nanos());
        if self.differs_at == Some(event.seq) {
            self.hash.absorb(1);
        }
        event.seq.is_multiple_of(4).then_some(VenueRequest::Cancel {
            order: OrderId(event.seq + u64::from(self.differs_at == Some(event.seq))),
            instrument: InstrumentId(0),
        })
    }
}

fn recorded(dir: &Path, count: usize) -> StateHash {
    let events = some(count);
    let genesis = genesis();
    let mut writer = Writer::create(dir, SMALL_SEGMENTS).unwrap();
    let snapshots = Snapshots::open(snapshots_of(dir)).unwrap();
    let mut core = Core::default();
    let mut at = Timestamp::from_nanos(START);
    let mut step = |event: &Event<'_>| {
        writer.append(event).unwrap();
        if let Some(request) = core.step(event) {
            writer.append_request(&request).unwrap();
        }
        if event.seq % 100 == 50 {
            writer.append_check(core.hash).unwrap();
        }
        if event.seq % 1000 == 500 {
            writer.sync().unwrap();
            snapshots.save(event.seq, core.hash, &core.hash.get().to_le_bytes()).unwrap();
        }
    };
    step(&Event { seq: 0, at, body: Body::Genesis(&genesis) });
    for (n, made) in events.iter().enumerate() {
        at = at + Span::from_nanos(i64::from(made.after));
        made.lend(n as u64 + 1, at, &mut step);
    }
    writer.close(core.hash).unwrap();
    core.hash
}

#[test]
fn a_replay_that_agrees_says_so_and_one_that_differs_names_the_first_difference() {
    let dir = tempfile::tempdir().unwrap();
    let last = recorded(dir.path(), 3000);
    let run = |differs_at, with_requests| {
        let mut core = Core { differs_at, ..Core::default() };
        let mut reader = Reader::open(dir.path()).unwrap();
        replay(&mut reader, with_requests, |event, venue| {
            if let Some(request) = core.step(event) {
                venue.request(&request).unwrap();
            }
            core.hash
        })
        .unwrap()
    };
    let same = run(None, true);
    assert_eq!((same.difference, same.state, same.events), (None, last, 3001));
    assert_eq!((same.requests, same.checks), (751, 31));
    let other = run(Some(1000), true).difference.unwrap();
    let cancel = |id| VenueRequest::Cancel { order: OrderId(id), instrument: InstrumentId(0) };
    let expected =
        Difference::Request { seq: 1000, n: 0, journal: Some(cancel(1000)), replay: Some(cancel(1001)) };
    assert_eq!(other, expected);
    let state = run(Some(1001), true).difference.unwrap();
    assert!(matches!(state, Difference::State { seq: 1050, .. }), "{state}");
    let unasked = run(Some(1000), false).difference.unwrap();
    assert!(matches!(unasked, Difference::State { seq: 1050, .. }), "{unasked}");
}

#[test]
fn recovery_is_the_newest_whole_snapshot_and_the_events_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let last = recorded(dir.path(), 3000);
    let resume = |expected_skips: usize, expected_seq: Option<u64>| {
        let mut recovery = recover(dir.path()).unwrap();
        assert_eq!(recovery.genesis, genesis());
        assert_eq!(recovery.skipped.len(), expected_skips);
        assert_eq!(recovery.snapshot.as_ref().map(|it| it.seq), expected_seq);
        let mut core = Core::default();
        match &recovery.snapshot {
            Some(it) => core.hash = it.hash,
            None => {
                let genesis = &recovery.genesis;
                core.step(&Event { seq: 0, at: Timestamp::from_nanos(START), body: Body::Genesis(genesis) });
            }
        }
        while let Some(event) = recovery.tail.next_event().unwrap() {
            core.step(&event);
        }
        assert_eq!(core.hash, last);
    };
    resume(0, Some(2500));
    let snapshots = snapshots_of(dir.path());
    let newest = snapshots.join(format!("snapshot-{:020}.state", 2500));
    let mut bytes = std::fs::read(&newest).unwrap();
    bytes[75] ^= 1;
    std::fs::write(&newest, bytes).unwrap();
    resume(1, Some(1500));
    std::fs::rename(&newest, snapshots.join(format!("snapshot-{:020}.state", 9999))).unwrap();
    assert!(matches!(recover(dir.path()).unwrap().skipped[0].why, SkipReason::Ahead { .. }));
    std::fs::remove_dir_all(&snapshots).unwrap();
    resume(0, None);
}

#[test]
fn an_empty_journal_cannot_be_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let _writer = Writer::create(dir.path(), WriterConfig::default()).unwrap();
    assert!(matches!(recover(dir.path()).unwrap_err(), RecoverError::Empty(_)));
}

#[test]
fn a_sequencer_goes_on_where_the_journal_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(dir.path(), WriterConfig::default()).unwrap();
    append_all(&mut writer, &some(10));
    writer.flush().unwrap();
    drop(writer);
    let (mut writer, resumed) = Writer::resume(dir.path(), WriterConfig::default()).unwrap();
    let mut sequencer = Sequencer::resume(resumed.next_seq, resumed.last_at);
    let timer = Timer { id: TimerId(1), due: Timestamp::MIN };
    let incoming = Incoming { at: Timestamp::MIN, body: IncomingBody::Timer(timer) };
    writer.append(&sequencer.next(&incoming)).unwrap();
    writer.sync().unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    let mut last = None;
    while let Some(frame) = reader.next_frame().unwrap() {
        if let Frame::Event(event) = frame {
            last = Some((event.seq, event.at));
        }
    }
    assert_eq!(last, Some((11, resumed.last_at)));
}

/// The file at `path` under an earlier version, whole in every other respect.
fn made_older(path: &Path, hash: impl Fn(&[u8]) -> Vec<u8>, hash_at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let hash = hash(&bytes);
    bytes[hash_at..hash_at + hash.len()].copy_from_slice(&hash);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_journal_and_a_snapshot_of_an_earlier_layout_are_refused_by_their_version() {
    let dir = tempfile::tempdir().unwrap();
    recorded(dir.path(), 3000);
    let newest = snapshots_of(dir.path()).join(format!("snapshot-{:020}.state", 2500));
    let hash = |bytes: &[u8]| {
        blake3::Hasher::new().update(&bytes[..40]).update(&bytes[72..]).finalize().as_bytes().to_vec()
    };
    made_older(&newest, hash, 40);
    let recovery = recover(dir.path()).unwrap();
    assert_eq!(recovery.snapshot.map(|it| it.seq), Some(1500), "the one before it");
    let said = recovery.skipped[0].why.to_string();
    assert_eq!(said, "written in version 1 of the snapshot, expected version 11");

    let first = segment(dir.path(), 0);
    made_older(&first, |bytes| crc32fast::hash(&bytes[..68]).to_le_bytes().to_vec(), 68);
    let mut reader = Reader::open(dir.path()).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert!(matches!(error.damage, Damage::Version { found: 1 }), "{error}");
    assert!(
        error.to_string().ends_with("written in version 1 of the journal, expected version 2"),
        "{error}"
    );
    assert!(error.to_string().contains(&first.display().to_string()), "{error}");
    assert!(recover(dir.path()).unwrap_err().to_string().contains("version 1 of the journal"));
}
