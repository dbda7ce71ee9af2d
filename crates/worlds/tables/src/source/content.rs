//! What files hold once they are unpacked: the same data in two packings is the same data twice.

use super::{Packing, Source, open_file};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes at the start of a file that say how it is packed, and of zstd how long it is unpacked.
const HEAD_BYTES: usize = 18;
/// The last part of a zip, in which its directory ends: 22 bytes and a comment of at most 65,535.
const ZIP_END_BYTES: u64 = 22 + 65_535;
/// A directory of a zip that is longer is not looked at.
const DIRECTORY_BYTES_MAX: u32 = 1 << 24;

/// What a file tells of its content without being unpacked.
#[derive(Debug, Clone)]
pub struct Outline {
    path: PathBuf,
    packing: Packing,
    /// Lengths of the file, or of the files of an archive, when unpacked: their lowest 32 bits. Empty where it does not
    /// tell.
    lengths: Vec<u32>,
}

impl Outline {
    /// Looks at the beginning and the end of a file; `None` when that cannot be done.
    pub fn of(path: &Path) -> Option<Self> {
        let mut file = open_file(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut head = [0; HEAD_BYTES];
        let read = file.read(&mut head).ok()?;
        let packing = Packing::of(&head[..read]).ok()?;
        let lengths = match packing {
            Packing::Plain => vec![size as u32],
            Packing::Gzip => vec![u32::from_le_bytes(last(&mut file, 4)?.try_into().ok()?)],
            Packing::Zstd => {
                let size = zstd::zstd_safe::get_frame_content_size(&head[..read]).ok().flatten();
                size.map(|it| it as u32).into_iter().collect()
            }
            Packing::Zip => zip_lengths(&mut file, size).unwrap_or_default(),
        };
        Some(Self { path: path.into(), packing, lengths })
    }

    /// True when the two hold a file in common, packed in different ways; both are unpacked to know it, where their
    /// lengths do not tell already. Copies to the byte are not meant: those need no unpacking.
    pub fn same_when_unpacked(&self, other: &Self) -> bool {
        let none_is_packed = self.packing == Packing::Plain && other.packing == Packing::Plain;
        let may_be = self.lengths.iter().any(|it| other.lengths.contains(it)) || self.stem() == other.stem();
        if none_is_packed || !may_be {
            return false;
        }
        let (Some(ours), Some(theirs)) = (contents(&self.path), contents(&other.path)) else { return false };
        !ours.is_disjoint(&theirs)
    }

    /// The path without what says how it is packed.
    fn stem(&self) -> PathBuf {
        let ending = self.path.extension().and_then(|it| it.to_str());
        match ending.and_then(Packing::promised) {
            Some(_) => self.path.with_extension(""),
            None => self.path.clone(),
        }
    }
}

/// The hash of every file in a packed one, of its lines without their ends.
fn contents(path: &Path) -> Option<BTreeSet<[u8; 32]>> {
    let mut source = Source::open(path).ok()?;
    let (mut all, mut hash, mut lines) = (BTreeSet::new(), Sha256::new(), 0_u64);
    while let Some(line) = source.next_line().ok()? {
        if line.number == 1 && lines > 1 {
            all.insert(std::mem::take(&mut hash).finalize().into());
        }
        if line.number == 1 {
            (hash, lines) = (Sha256::new(), 0);
        }
        hash.update(line.text);
        hash.update(b"\n");
        lines += 1;
    }
    // A head alone is no data.
    if lines > 1 {
        all.insert(hash.finalize().into());
    }
    Some(all)
}

fn last(file: &mut File, count: u64) -> Option<Vec<u8>> {
    file.seek(SeekFrom::End(-i64::try_from(count).ok()?)).ok()?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The lengths in the directory at the end of a zip (APPNOTE 4.3.12 and 4.3.16).
fn zip_lengths(file: &mut File, size: u64) -> Option<Vec<u32>> {
    let end = last(file, ZIP_END_BYTES.min(size))?;
    let at = end.windows(4).rposition(|it| it == b"PK\x05\x06")?;
    let u32_at = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let u16_at = |bytes: &[u8], at: usize| {
        Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
    };
    let (bytes, offset) = (u32_at(&end, at + 12)?, u32_at(&end, at + 16)?);
    if bytes > DIRECTORY_BYTES_MAX {
        return None;
    }
    file.seek(SeekFrom::Start(offset.into())).ok()?;
    let mut directory = Vec::new();
    file.take(bytes.into()).read_to_end(&mut directory).ok()?;
    let (mut lengths, mut rest) = (Vec::new(), &directory[..]);
    while rest.starts_with(b"PK\x01\x02") {
        lengths.push(u32_at(rest, 24)?);
        let names = u16_at(rest, 28)? + u16_at(rest, 30)? + u16_at(rest, 32)?;
        rest = rest.get(46 + names..)?;
    }
    Some(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn rows(from: u32) -> String {
        (from..from + 3_000).map(|n| format!("{n},{}\n", n % 7)).collect()
    }
    fn gz(text: &str, level: u32) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    }
    fn zip(files: &[(&str, &str)]) -> Vec<u8> {
        let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in files {
            out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            out.write_all(text.as_bytes()).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    #[test]
    fn the_same_rows_in_two_packings_are_the_same_whatever_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Outline::of(&path).unwrap()
        };
        let text = rows(1);
        let plain = write("x.csv", text.as_bytes());
        let (half, rest) = text.split_at(8_888);
        let packed = [
            write("a.csv.gz", &gz(&text, 1)),
            write("b.csv.gz", &gz(&text, 9)),
            write("c.zip", &zip(&[("x.csv", &text)])),
            write("d.zip", &zip(&[("README", "head\n"), ("x.csv", &text), ("y.csv", &rows(2))])),
            write("e.csv.zst", &zstd::bulk::compress(text.as_bytes(), 1).unwrap()),
            // Packed in parts or as a stream, a file does not tell its length; beside its twin its name does.
            write("x.csv.gz", &[gz(half, 1), gz(rest, 1)].concat()),
            write("x.csv.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap()),
        ];
        for it in &packed {
            assert!(it.same_when_unpacked(&plain) && plain.same_when_unpacked(it), "{it:?}");
        }
        assert!(packed[0].same_when_unpacked(&packed[1]));
        let other = write("o.csv", rows(2).as_bytes());
        assert!(packed[..3].iter().all(|it| !it.same_when_unpacked(&other)));
        assert!(packed[3].same_when_unpacked(&other), "one file of the archive");
        assert!(!plain.same_when_unpacked(&plain.clone()), "copies to the byte are not meant");
        let heads = ["h.csv.gz", "h.csv"]
            .map(|it| write(it, &if it == "h.csv" { b"a,b\n".to_vec() } else { gz("a,b\n", 1) }));
        assert!(!heads[0].same_when_unpacked(&heads[1]), "a head alone is no data");
    }

    #[test]
    fn any_end_of_a_file_is_looked_at_without_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        let whole = zip(&[("a", "1\n2\n"), ("b", "3\n4\n")]);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            std::fs::write(&path, bytes).unwrap();
            let _ = Outline::of(&path);
            std::fs::write(&path, &whole[..at]).unwrap();
            let _ = Outline::of(&path);
        }
        assert!(Outline::of(folder.path()).is_none());
        for cut in [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd"] {
            std::fs::write(&path, cut).unwrap();
            let _ = Outline::of(&path);
        }
    }
}
