//! Patterns as numbers for each bar: the table, the names, what a signal says, and the page.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests only: exact answers, files"
)]

mod hours;

use hours::real;
use scalp_indicators::Request;
use scalp_indicators::patterns::{Found, Kind, Patterns, Rules, Signal, State, SwingRule, page, table};

#[test]
fn the_table_has_every_kind_once_and_builds_it() {
    assert_eq!(table().len(), Kind::ALL.len());
    let text = page();
    for (it, kind) in table().iter().zip(Kind::ALL) {
        assert_eq!(it.kind, kind);
        assert!(table().iter().filter(|of| of.name == it.name).count() == 1);
        assert!(text.contains(&format!("| `{}` |", it.name)));
        let signal = Signal::parse(it.name).unwrap();
        assert_eq!(signal.spec().kind, kind);
        // Its own name with all parameters builds it again.
        let again = Signal::parse(&signal.to_string()).unwrap();
        assert_eq!(again.arguments(), signal.arguments());
        assert_eq!(again.warm_up(), 14);
    }
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/PATTERNS.md")).unwrap();
    assert_eq!(written, text, "PATTERNS.md is not the page of the table");
}

#[test]
fn a_signal_is_the_strongest_living_pattern() {
    let bars = real("ETH");
    for (name, since) in [("DOUBLE_TOP", "known"), ("GARTLEY", "confirmed"), ("RECTANGLE", "confirmed")] {
        let mut signal = Signal::parse(&format!("{name}(since={since})")).unwrap();
        let kind = signal.spec().kind;
        let mut patterns = Patterns::new(Rules::default(), &[kind]).unwrap();
        let (mut spoken, mut levels) = (0, [None; 2]);
        let whole = signal.batch(&bars);
        for (i, bar) in bars.iter().enumerate() {
            patterns.push(bar).unwrap();
            let strongest = patterns
                .alive()
                .iter()
                .filter(|it| since == "known" || it.state == State::Confirmed)
                .map(Found::signed)
                .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            let value = signal.push(bar).unwrap();
            assert_eq!(value, (i >= 14).then_some(strongest), "{name} at {i}");
            assert_eq!(value.map(f64::to_bits), whole[i].map(f64::to_bits));
            let before = levels;
            let [strength, invalidation, target, since_known] = signal.told();
            levels = [invalidation, target];
            assert_eq!(strength, value);
            let speaks = |it: &&Found| it.signed() == strongest && it.invalidation == invalidation;
            match patterns.alive().iter().filter(|_| strongest != 0.0 && value.is_some()).find(speaks) {
                Some(it) => {
                    assert!(it.target == target && since_known == Some((i as u64 - it.known_at) as f64));
                    // A close beyond it would have ended the pattern.
                    let level = invalidation.expect("a pattern with a direction can fail");
                    assert!((bar.close - level) * strongest >= 0.0, "{name} at {i}: {level} {}", bar.close);
                }
                None => {
                    assert!(strongest == 0.0 || value.is_none(), "{name} at {i}: nobody speaks");
                    // What was said last stays, at the bar that ends it too.
                    assert_eq!([invalidation, target], before, "{name} at {i}");
                }
            }
            spoken += usize::from(strongest != 0.0);
        }
        println!("{name}: speaks at {spoken} of {} bars", bars.len());
        assert!(spoken > 20, "{name}");
    }
}

/// Between C and D the price goes against the way in which a harmonic pattern points: there is nothing to act on before it is
/// in the zone of D, and nothing is left once it is at the target.
#[test]
fn a_harmonic_pattern_speaks_in_its_zone_and_never_beyond_its_target() {
    let harmonics = table().iter().filter(|it| it.is_harmonic());
    let (mut early, mut late, mut waits) = (0, 0, 0);
    for (spec, asset) in harmonics.flat_map(|it| ["ETH", "BTC"].map(|asset| (it, asset))) {
        let rules = Rules { swings: SwingRule::Percent(1.5), ..Rules::default() };
        let [mut known, mut confirmed] = ["known", "confirmed"].map(|since| {
            Signal::parse(&format!("{}(since={since},swing=percent,size=1.5)", spec.name)).unwrap()
        });
        let mut patterns = Patterns::new(rules, &[spec.kind]).unwrap();
        for bar in &real(asset) {
            patterns.push(bar).unwrap();
            let values = [&mut known, &mut confirmed].map(|it| it.push(bar).unwrap().unwrap());
            let is_said = |it: &&Found| {
                let up = it.direction.sign();
                let (zone, target) = (it.zone.unwrap(), it.target.unwrap());
                let is_open = (target - bar.close) * up > 0.0;
                let entered = it.entered_at.is_some_and(|at| at >= it.known_at && at <= patterns.bars());
                let is_in = if up > 0.0 { bar.low <= zone.high } else { bar.high >= zone.low };
                assert!(!is_in || entered || it.state != State::Forming, "{it:?}");
                is_open && (entered || it.state == State::Confirmed)
            };
            let largest = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
            let said: Vec<&Found> = patterns.alive().iter().filter(is_said).collect();
            assert_eq!(values[0], said.iter().map(|it| it.signed()).fold(0.0, largest), "{}", spec.name);
            let said = said.iter().filter(|it| it.state == State::Confirmed);
            assert_eq!(values[1], said.map(|it| it.signed()).fold(0.0, largest), "{}", spec.name);
            for (signal, value) in [(&known, values[0]), (&confirmed, values[1])] {
                let target = signal.told()[2];
                assert!(value == 0.0 || (target.unwrap() - bar.close) * value > 0.0, "{}", spec.name);
            }
            waits += patterns.alive().iter().filter(|it| it.entered_at.is_none()).count();
            early += usize::from(values[0] != values[1]);
            late += usize::from(values[1] != 0.0);
        }
    }
    println!(
        "before D is known at {early} bars, after it at {late}; patterns await the zone at {waits} bars"
    );
    assert!(early > 50 && late > 50 && waits > 500);
}

/// What a page says is asked is made of the numbers that the finder uses.
#[test]
fn a_definition_has_the_numbers_of_its_finder() {
    let has = |name: &str, parts: &[&str]| {
        let it = table().iter().find(|it| it.name == name).unwrap();
        for part in parts {
            assert!(it.definition.contains(part), "{name}: {part} is not in {}", it.definition);
        }
    };
    has("GARTLEY", &["(A - B) / (A - X) = 0.618; (C - B) / (A - B) = 0.382 to 0.886", "invalidation: X"]);
    has("GARTLEY", &["(A - D) / (A - X) = 0.786 and (C - D) / (C - B) = 1.13 to 1.618", "0.618 (A - D)"]);
    has("CRAB", &["1.618 and (C - D) / (C - B) = 2.24 to 3.618", "invalidation: the far end of the zone"]);
    has(
        "CYPHER",
        &["(C - X) / (A - X) = 1.272 to 1.414", "zone: (C - D) / (C - X) = 0.786\n", "0.618 (C - D)"],
    );
    has("SHARK", &["(A - B) / (A - X) < 1"]);
    has("HEAD_SHOULDERS", &["2.5 times", "confirmed: close < neck; invalidation: R"]);
    has("INVERSE_HEAD_SHOULDERS", &["HEAD_SHOULDERS upside down", "H > L + near"]);
    has("TRIPLE_TOP", &["0.5 height"]);
    has("ASCENDING_TRIANGLE", &["|u| <= 0.1, l >= 0.25", "invalidation: the last low point"]);
    has("FALLING_WEDGE", &["RISING_WEDGE upside down", "u >= 0.25, l - u >= 0.25"]);
    has(
        "BULL_PENNANT",
        &["u < -0.1, l > 0.1, l - u >= 0.25", "pole >= 2 height", "taken <= 0.5 pole", "at most 6 times"],
    );
    has("ELLIOTT_FLAT", &["0.9 <= back <= 1.382", "0.5 to 0.618 (0 at 0.382 outside)"]);
    for it in table() {
        for part in ["points: ", "confirmed: ", "invalidation: ", "target: "] {
            assert!(it.definition.contains(part), "{}: {part}", it.name);
        }
        assert!(it.definition.lines().all(|line| !line.is_empty() && line == line.trim()), "{}", it.name);
    }
}

#[test]
fn a_close_beyond_a_level_can_be_seen() {
    let mut failed_of_all = 0;
    for (asset, name) in [
        ("ETH", "DOUBLE_TOP(since=known)"),
        ("BTC", "DOUBLE_TOP"),
        ("ETH", "GARTLEY"),
        ("BTC", "RISING_WEDGE"),
    ] {
        let mut signal = Signal::parse(name).unwrap();
        let mut patterns = Patterns::new(Rules::default(), &[signal.spec().kind]).unwrap();
        let (mut ended, mut seen, mut after) = ([0; 2], [0; 2], 0);
        let mut spoke: Option<Found> = None;
        let bars = real(asset);
        for bar in &bars {
            let changes = patterns.push(bar).unwrap().to_vec();
            let strength = signal.push(bar).unwrap();
            let [_, invalidation, target, _] = signal.told();
            let quiet = strength == Some(0.0);
            if let Some(it) = spoke.filter(|_| quiet) {
                let up = it.direction.sign();
                for change in changes.iter().filter(|change| change.from == it.from && change.kind == it.kind)
                {
                    let is = |state: State| usize::from(change.state == state);
                    ended = [ended[0] + is(State::Failed), ended[1] + is(State::Reached)];
                    // The close is beyond the one, the bar has touched the other.
                    let failed = invalidation.is_some_and(|at| (bar.close - at) * up < 0.0);
                    let touches = if up > 0.0 { bar.high } else { bar.low };
                    let reached = target.is_some_and(|at| (touches - at) * up >= 0.0);
                    seen[0] += usize::from(failed) * is(State::Failed);
                    seen[1] += usize::from(reached) * is(State::Reached);
                }
            }
            after += usize::from(quiet && invalidation.is_some());
            spoke = patterns.alive().iter().copied().find(|it| !quiet && Some(it.signed()) == strength);
        }
        println!(
            "{name} of {asset}: failed, reached {ended:?}, seen {seen:?}; levels of what has ended at {after} bars"
        );
        assert_eq!(ended, seen, "{name} of {asset}");
        assert!(ended[1] > 0 && after > 100, "{name} of {asset}: {ended:?}");
        failed_of_all += ended[0];
        signal.reset();
        signal.push(&bars[0]).unwrap();
        assert_eq!(signal.told()[1..], [None; 3], "as new");
    }
    assert!(failed_of_all > 10, "{failed_of_all}");
}

#[test]
fn a_wrong_request_names_its_key() {
    let message = |text: &str| Signal::parse(text).err().map_or_else(String::new, |it| it.to_string());
    assert_eq!(message("HEAD_SHOULDER"), "unknown indicator \"HEAD_SHOULDER\"; did you mean HEAD_SHOULDERS?");
    assert_eq!(message("GARTLEY(0.5)"), "GARTLEY.tolerance must be a number from 0.001 to 0.2, got 0.5");
    assert_eq!(message("BAT(tolerence=0.1)"), "BAT has no parameter \"tolerence\"; did you mean tolerance?");
    assert_eq!(message("BAT(0.1, tolerance=0.1)"), "BAT.tolerance is given twice");
    assert_eq!(message("BAT(1,1,1,1,1,1,1)"), "BAT.tolerance must be a number from 0.001 to 0.2, got 1");
    assert_eq!(message("BAT(0.1,0,1,1,1,5,7)"), "BAT takes 6 parameters at most, got 7");
    assert_eq!(message("BAT.zone"), "BAT has no output \"zone\"");
    assert_eq!(
        message("BAT(swing=fractal, size=2.5)"),
        "BAT.size must be a whole number from 1 to 100, got 2.5"
    );
    assert_eq!(
        message("BAT(swing=percent, size=100)"),
        "BAT.size must be a number above 0 and below 100, got 100"
    );
    assert!(message("BAT(swing=hurst)").starts_with("BAT.swing must be one of 0 (atr)"));
    let request = Request::parse("bat(swing=Fractal, size=3)").unwrap();
    assert_eq!(Signal::build(&request).unwrap().warm_up(), 6);
}

/// Writes the page; run it by name after the table has changed.
#[test]
#[ignore = "writes a file of the repository"]
fn write_the_page() {
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/PATTERNS.md"), page()).unwrap();
}
