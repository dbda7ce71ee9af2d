use super::*;
use std::io::Write;

fn lines(source: &mut Source) -> Result<Vec<String>, ReadError> {
    let mut all = Vec::new();
    while let Some(line) = source.next_line()? {
        all.push(String::from_utf8_lossy(line.text).into_owned());
    }
    Ok(all)
}

/// Reads as far as it goes; then the error.
fn lines_and_error(bytes: Vec<u8>) -> (usize, String) {
    let mut source = match Source::from_bytes("f", bytes) {
        Ok(it) => it,
        Err(e) => return (0, e.to_string()),
    };
    let mut count = 0;
    loop {
        match source.next_line() {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, String::new()),
            Err(e) => return (count, e.to_string()),
        }
    }
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        out.start_file(*name, options).unwrap();
        out.write_all(text).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn numbers(count: u32) -> Vec<u8> {
    (0..count).flat_map(|n| format!("{n},{}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

#[test]
fn lines_carry_their_number_and_offset_and_lose_their_ends() {
    let mut source = Source::from_bytes("f", *b"\xef\xbb\xbfa,b\r\n\n1,2").unwrap();
    assert_eq!(source.next_line().unwrap(), Some(Line { text: b"a,b", number: 1, offset: 0 }));
    assert_eq!(source.next_line().unwrap(), Some(Line { text: b"", number: 2, offset: 8 }));
    assert_eq!(source.next_line().unwrap(), Some(Line { text: b"1,2", number: 3, offset: 9 }));
    assert_eq!(source.next_line().unwrap(), None);
    assert_eq!(source.next_line().unwrap(), None);
}

#[test]
fn every_packing_gives_the_same_lines() {
    let text = numbers(100_000);
    let want = lines(&mut Source::from_bytes("f", text.clone()).unwrap()).unwrap();
    assert_eq!(want.len(), 100_000);
    let (a, b) = text.split_at(text.len() / 3);
    let packed = [
        gz(&text),
        [gz(a), gz(b)].concat(),
        zstd::encode_all(&text[..], 1).unwrap(),
        [zstd::encode_all(a, 1).unwrap(), zstd::encode_all(b, 1).unwrap()].concat(),
        zip(&[("t.csv", &text)], zip::CompressionMethod::Deflated),
        zip(&[("t.csv", &text)], zip::CompressionMethod::Stored),
    ];
    for bytes in packed {
        assert!(lines(&mut Source::from_bytes("f", bytes).unwrap()).unwrap() == want);
    }
}

#[test]
fn each_file_of_an_archive_is_named_and_counts_its_own_lines() {
    let files: [(&str, &[u8]); 3] = [("a.csv", b"1\n2\n"), ("empty.csv", b""), ("d/b.csv", b"3\n")];
    for method in [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored] {
        let mut source = Source::from_bytes("x.zip", zip(&files, method)).unwrap();
        let mut seen = Vec::new();
        while let Some(line) = source.next_line().unwrap() {
            let (number, text) = (line.number, line.text.to_vec());
            seen.push((source.entry().display().to_string(), number, text));
        }
        let row = |e: &str, n, t: &[u8]| (e.to_owned(), n, t.to_vec());
        let want = [row("x.zip!a.csv", 1, b"1"), row("x.zip!a.csv", 2, b"2"), row("x.zip!d/b.csv", 1, b"3")];
        assert_eq!(seen, want);
    }
}

#[test]
fn a_cut_file_gives_all_lines_before_the_cut_and_then_one_error() {
    let text = numbers(50_000);
    for (format, bytes) in [
        ("gzip", gz(&text)),
        ("zstd", zstd::encode_all(&text[..], 1).unwrap()),
        ("zip", zip(&[("t.csv", &text)], zip::CompressionMethod::Deflated)),
        ("zip", zip(&[("t.csv", &text)], zip::CompressionMethod::Stored)),
    ] {
        let cut = bytes[..bytes.len() * 3 / 4].to_vec();
        let (count, error) = lines_and_error(cut);
        assert!((20_000..50_000).contains(&count), "{format}: {count} lines");
        let want =
            format!("more {format} data (line {}; everything before it was read), got the end", count + 1);
        assert!(error.contains(&want), "{error}");
    }
}

#[test]
fn an_archive_cut_before_its_directory_is_truncated_even_when_its_file_is_whole() {
    let bytes = zip(&[("t.csv", b"1\n2\n")], zip::CompressionMethod::Deflated);
    let directory = bytes.windows(4).position(|it| it == [b'P', b'K', 1, 2]).unwrap();
    let (count, error) = lines_and_error(bytes[..directory].to_vec());
    assert_eq!(count, 2);
    assert!(error.contains("more zip data"), "{error}");
}

#[test]
fn a_flipped_bit_is_damage() {
    let text = numbers(50_000);
    for (format, mut bytes) in
        [("gzip", gz(&text)), ("zip", zip(&[("t.csv", &text)], zip::CompressionMethod::Stored))]
    {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let (_, error) = lines_and_error(bytes);
        assert!(error.contains(&format!("expected sound {format} data (line ")), "{error}");
    }
}

#[test]
fn a_line_of_100_megabytes_is_refused_without_being_held() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = out.len().min(self.0);
            out[..n].fill(b'x');
            self.0 -= n;
            Ok(n)
        }
    }
    let long = BufReader::new((&b"a,b\n"[..]).chain(Endless(100 << 20)));
    let mut source = Source::unpack(Path::new("f"), Packing::Plain, Box::new(long)).unwrap();
    assert_eq!(source.next_line().unwrap().unwrap().text, b"a,b");
    let error = source.next_line().unwrap_err().to_string();
    assert!(error.starts_with("f:2: line: expected at most 16777216 bytes, got \"xxx"), "{error}");
    assert_eq!(source.next_line().unwrap_err().to_string(), error, "and says so again");
    assert_eq!(source.buffer.len(), LINE_BYTES_MAX);
}

#[test]
fn what_is_no_file_with_content_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| {
        let text = Source::open(path).unwrap_err().to_string();
        text.strip_prefix(&path.display().to_string()).unwrap().to_owned()
    };
    assert_eq!(open(folder.path()), ": expected a file, got a directory");
    assert_eq!(open(&folder.path().join("none")), ": cannot open: No such file or directory");
    let empty = folder.path().join("empty.csv");
    std::fs::write(&empty, b"").unwrap();
    assert_eq!(open(&empty), ": expected rows of data, got an empty file");
    let wrong = folder.path().join("wrong.gz");
    std::fs::write(&wrong, b"plain").unwrap();
    assert_eq!(open(&wrong), ": expected gzip data, as its name says, got text");
    let nothing = zip(&[], zip::CompressionMethod::Stored);
    assert_eq!(
        Source::from_bytes("f", nothing).unwrap_err().to_string(),
        "f: expected a zip with at least one file, got one without any"
    );
    let (count, error) = lines_and_error(gz(b""));
    assert_eq!((count, error.as_str()), (0, "f: expected rows of data, got an empty file"));
}

#[test]
fn lines_may_end_with_cr_alone_but_not_with_two_kinds_of_ends() {
    let text = String::from_utf8(numbers(100_000)).unwrap();
    let want = lines(&mut Source::from_bytes("f", text.as_bytes()).unwrap()).unwrap();
    for same in
        [text.replace('\n', "\r"), text.replace('\n', "\r\n"), text.replace('\n', "\r").trim_end().into()]
    {
        let mut source = Source::from_bytes("f", same.as_bytes()).unwrap();
        assert!(lines(&mut source).unwrap() == want);
        let packed = zip(&[("a", same.as_bytes()), ("b", b"x\ny\n")], zip::CompressionMethod::Deflated);
        let all = lines(&mut Source::from_bytes("f", packed).unwrap()).unwrap();
        assert!(all[..want.len()] == want && all[want.len()..] == ["x", "y"], "each file has its own ends");
    }
    // A CR at the end of the first buffer is judged with what comes after it.
    for (end, last) in [("\r", "x"), ("\r\n", "x"), ("\r\r\n", "x")] {
        let long = "y".repeat(BUFFER_BYTES - 1) + end + "x" + end;
        let got = lines(&mut Source::from_bytes("f", long.as_bytes()).unwrap()).unwrap();
        assert_eq!((got.len(), got[1].trim_end()), (2, last), "{end:?}");
    }
    let (count, error) = lines_and_error(b"a,b\r1,2\r3,4\n5,6\r".to_vec());
    let want = r#"f:3: line ends: expected one kind of line end in the whole file: CR alone, as in the first, got "3,4\n5,6""#;
    assert_eq!((count, error.as_str()), (2, want));
}

#[test]
fn what_is_no_text_and_no_packing_of_ours_is_named() {
    let wide = |bom: bool| -> Vec<u8> {
        let text = if bom { "\u{feff}time,price\n" } else { "time,price\n" };
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let in_utf8 = "f: expected text in UTF-8 (in a spreadsheet: save as CSV UTF-8), got ";
    for (bytes, got) in [
        (wide(true), "text in UTF-16"),
        (wide(false), "text in UTF-16"),
        (gz(&wide(true)), "text in UTF-16"),
        (vec![0; 500], "bytes that are no text"),
    ] {
        assert_eq!(lines_and_error(bytes), (0, format!("{in_utf8}{got}")));
    }
    let packed = "f: expected text, plain or packed with gzip, zstd or zip, got ";
    for (bytes, got) in [
        (&b"7z\xbc\xaf\x27\x1c\0\0"[..], "a 7z archive"),
        (b"Rar!\x1a\x07\0", "a RAR archive"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        (b"\xfd7zXZ\0\0", "an xz archive"),
        (b"\x04\x22\x4d\x18\0", "an lz4 archive"),
        (b"\xd0\xcf\x11\xe0\0", "a spreadsheet (save as CSV UTF-8)"),
    ] {
        assert_eq!(lines_and_error(bytes.to_vec()), (0, format!("{packed}{got}")));
    }
    let book = zip(&[("[Content_Types].xml", b"<xml/>")], zip::CompressionMethod::Deflated);
    let want = "f: expected a table as text (in a spreadsheet: save as CSV UTF-8), got a spreadsheet";
    assert_eq!(lines_and_error(book), (0, want.to_owned()));
    let mut locked = zip(&[("a.csv", b"x")], zip::CompressionMethod::Stored);
    locked[6] |= 1;
    let want = "f: expected a zip of files stored or deflated, without a password, got one with a password";
    assert_eq!(lines_and_error(locked), (0, want.to_owned()));
}

#[test]
fn what_a_damaged_archive_makes_of_its_rows_is_not_their_fault() {
    let folder = tempfile::tempdir().unwrap();
    let text = numbers(5_000);
    let row = |path: &Path| ReadError::field(path, 7, "price", "a decimal number", b"1t1");
    let mut bad = gz(&text);
    let middle = bad.len() / 2;
    bad[middle] ^= 4;
    // Whether or not its name says how it is packed.
    for name in ["x.csv.gz", "x.csv"] {
        let path = folder.path().join(name);
        std::fs::write(&path, &bad).unwrap();
        let got = with_damage(row(&path)).to_string();
        assert!(got.contains("expected an undamaged archive, got damaged data ("), "{got}");
        assert!(got.contains(&format!("which shows first in {}", row(&path))), "{got}");
        assert_eq!(with_damage(with_damage(row(&path))).to_string(), got, "said once");
        std::fs::write(&path, gz(&text)).unwrap();
        assert_eq!(with_damage(row(&path)).to_string(), row(&path).to_string(), "the archive is whole");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_lines_or_an_error(head in 0_usize..5, tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let magic: [&[u8]; 5] = [b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x05\x06"];
        let bytes = [magic[head], &tail].concat();
        lines_and_error(bytes);
    }
}

#[test]
fn the_same_file_twice_in_an_archive_is_refused_with_both_names() {
    let rows = numbers(1_000);
    let other = numbers(1_001);
    for method in [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored] {
        let bytes = zip(&[("a.csv", &rows), ("b.csv", &other), ("c/a.csv", &rows)], method);
        let mut source = Source::from_bytes("x.zip", bytes).unwrap();
        let error = lines(&mut source).unwrap_err().to_string();
        let want = "x.zip!c/a.csv: expected each file of an archive once, got the content of x.zip!a.csv a second time";
        assert_eq!(error, want);
        let mut one = Source::from_bytes("x.zip", zip(&[("a.csv", &rows)], method)).unwrap();
        assert_eq!(lines(&mut one).unwrap().len(), 1_000);
        assert_eq!(one.next_line().unwrap(), None, "its end may be asked for again");
        let heads: [(&str, &[u8]); 3] =
            [("a.csv", b"time,price\n"), ("b.csv", &rows), ("c.csv", b"time,price\n")];
        assert_eq!(
            lines(&mut Source::from_bytes("x.zip", zip(&heads, method)).unwrap()).unwrap().len(),
            1_002
        );
    }
}

/// Of a pipe the first look would take the beginning away, or wait for ever.
#[cfg(unix)]
#[test]
fn a_pipe_is_refused_before_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let said = crate::detect::detect(&pipe).unwrap_err().to_string();
    assert!(
        said.contains("pipe.csv: ") && said.contains("expected a plain file, as it is read twice"),
        "{said}"
    );
    let said = crate::info::info(&pipe).unwrap_err().to_string();
    assert!(said.contains("pipe.csv") && said.contains("a pipe or a device"), "{said}");
    // Nor by the look at what may be damaged, behind that.
    let said = with_damage(crate::detect::detect(&pipe).unwrap_err()).to_string();
    assert!(said.contains("expected a plain file, as it is read twice"), "{said}");
}

/// Each file of an archive begins with the names of its columns.
#[test]
fn candles_of_two_lengths_in_two_files_of_an_archive_are_refused() {
    let candles = |minutes: &mut dyn Iterator<Item = i64>| {
        let rows: String =
            minutes.map(|it| format!("{},1,1,1,1,1\n", 1_700_006_400_000 + it * 60_000)).collect();
        format!("date,open,high,low,close,volume\n{rows}")
    };
    let (minutes, hours) = (candles(&mut (0..1_440)), candles(&mut (24..48).map(|it| it * 60)));
    let files = [("a.csv", minutes.as_bytes()), ("b.csv", hours.as_bytes())];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.zip");
    std::fs::write(&path, zip(&files, zip::CompressionMethod::Stored)).unwrap();
    let said = crate::detect::detect(&path).unwrap_err().to_string();
    assert!(said.contains("most of 1m, and the one of") && said.contains("which may be of 1h"), "{said}");
}
