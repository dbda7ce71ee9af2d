//! The published numbers of microstructure, through the path that a live stream takes.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests only: they read files; the room itself does not"
)]

use scalp_features::flow::hawkes::Hawkes;
use scalp_features::flow::{self, Bucket, Clock, Deviation, Kept, Split, Vpin};
use scalp_features::measure::{Measure, Print};
use scalp_indicators::Request;
use scalp_types::Side;
use serde_json::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{GOLDEN}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn wanted() -> Value {
    serde_json::from_str(&read("micro/micro_101.json")).unwrap()
}

fn tape() -> Vec<Print> {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let mut reader = csv::Reader::from_reader(std::io::Cursor::new(read("input/trades_101.csv")));
    let print = |row: csv::StringRecord| Print {
        at: number(&row[0]) as i64 * 1_000_000,
        price: number(&row[1]),
        size: number(&row[2]),
        aggressor: Some(if number(&row[3]) > 0.0 { Side::Buy } else { Side::Sell }),
    };
    let tape: Vec<Print> = reader.records().map(|it| print(it.unwrap())).collect();
    assert_eq!(tape.len(), 6000);
    tape
}

/// A trade a day later, which finishes the last bar.
fn after(tape: &[Print]) -> Print {
    let last = tape.last().unwrap();
    Print { at: last.at + 86_400_000_000_000, ..*last }
}

#[derive(Default)]
struct Worst(f64, usize);

impl Worst {
    fn check(&mut self, got: f64, want: &Value, what: &str) {
        let want = want.as_f64().unwrap_or_else(|| panic!("{what} is not a number"));
        let off = (got - want).abs() / want.abs().max(1e-9);
        assert!(off <= 1e-9, "{what}: {got} instead of {want}");
        self.0 = self.0.max(off);
        self.1 += 1;
    }

    fn say(&self, what: &str) {
        println!("{what}: {} numbers, worst relative deviation {:.1e}", self.1, self.0);
        assert!(self.1 > 0);
    }
}

fn check_vpin(mut vpin: Vpin, want: &Value, tape: &[Print], worst: &mut Worst, imbalances: Option<&Value>) {
    let (mut values, mut buckets) = (Vec::new(), Vec::new());
    for trade in tape {
        let before = vpin.finished();
        vpin.on_trade(trade);
        // The buckets of this tape are larger than its trades; a bar may fill several, which are asked for below.
        if vpin.finished() > before {
            values.push((vpin.finished(), vpin.value()));
            buckets.push((vpin.finished(), vpin.last_imbalance()));
        }
    }
    assert_eq!(vpin.finished(), want["n_buckets"].as_u64().unwrap());
    let window = want["window"].as_u64().unwrap();
    for (finished, value) in values {
        match value {
            Some(value) => worst.check(value, &want["vpin"][(finished - window) as usize], "vpin"),
            None => assert!(finished < window),
        }
    }
    if let Some(imbalances) = imbalances {
        for (finished, value) in buckets {
            let (got, want) = (value.unwrap(), imbalances[finished as usize - 1].as_f64().unwrap());
            // Zero is zero up to the rounding of a volume of 3000.
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "bucket {finished}: {got} {want}");
        }
    }
}

#[test]
fn vpin_by_bulk_volume_and_by_the_true_sign() {
    let (want, tape, mut worst) = (wanted(), tape(), Worst::default());
    let bulk = &want["vpin_bvc"];
    let sigma = bulk["sigma"].as_f64().unwrap();
    let mut ended = tape.clone();
    ended.push(after(&tape));
    let mut bars = Vec::new();
    let mut clock = Clock::new(60.0);
    bars.extend(ended.iter().filter_map(|it| clock.push(it, 0.0)));
    assert_eq!(bars.len() as u64, bulk["n_bars"].as_u64().unwrap());
    for (bar, want) in bars.iter().zip(bulk["bar_close_first10"].as_array().unwrap()) {
        worst.check(bar.close, want, "close");
    }
    let changes: Vec<f64> = bars.windows(2).map(|it| it[1].close - it[0].close).collect();
    let mean = changes.iter().sum::<f64>() / changes.len() as f64;
    let squares: f64 = changes.iter().map(|it| (it - mean) * (it - mean)).sum();
    worst.check((squares / (changes.len() - 1) as f64).sqrt(), &bulk["sigma"], "sigma");

    let bucket = Bucket::Volume(bulk["bucket_volume"].as_f64().unwrap());
    let split = Split::Bulk(60.0, Deviation::Fixed(sigma));
    check_vpin(Vpin::new(20, bucket, split), bulk, &ended, &mut worst, Some(&bulk["bucket_abs_imbalance"]));
    // One bucket at a time, so that none is passed over: the same volume in steps smaller than a bucket.
    let mut fine = Vpin::new(20, bucket, Split::Sign);
    let truth = &want["vpin_true_sign"];
    let mut seen = 0;
    for trade in &tape {
        let before = fine.finished();
        fine.on_trade(trade);
        if fine.finished() > before
            && let Some(value) = fine.value()
        {
            assert_eq!(fine.finished(), before + 1);
            worst.check(value, &truth["vpin"][(fine.finished() - 20) as usize], "vpin by sign");
            seen += 1;
        }
    }
    assert_eq!((seen, fine.finished()), (42, truth["n_buckets"].as_u64().unwrap()));
    worst.say("VPIN");
}

/// The same bars as trades of a hundredth of them each, so that every bucket is seen as it is finished.
#[test]
fn every_bucket_of_the_bulk_split() {
    let (want, tape) = (wanted(), tape());
    let bulk = &want["vpin_bvc"];
    let mut clock = Clock::new(60.0);
    let mut ended = tape.clone();
    ended.push(after(&tape));
    let bars: Vec<_> = ended.iter().filter_map(|it| clock.push(it, 0.0)).collect();
    let mut shares = flow::Bulk::new(Deviation::Fixed(bulk["sigma"].as_f64().unwrap()));
    let (mut filled, mut signed, mut got) = (0.0, 0.0, Vec::new());
    for bar in &bars {
        let share = shares.share(bar.close).unwrap();
        let mut left = bar.volume;
        while left > 0.0 {
            let part = f64::min(left, 3000.0 - filled);
            filled += part;
            signed += part * (2.0 * share - 1.0);
            left -= part;
            if filled >= 3000.0 {
                got.push(signed.abs());
                (filled, signed) = (0.0, 0.0);
            }
        }
    }
    let wanted = bulk["bucket_abs_imbalance"].as_array().unwrap();
    assert_eq!(got.len(), wanted.len());
    let mut worst = Worst::default();
    for (i, (got, want)) in got.iter().zip(wanted).enumerate() {
        assert!((got - want.as_f64().unwrap()).abs() <= 1e-9 * got.abs().max(1.0), "bucket {i}");
        if *got > 1.0 {
            worst.check(*got, want, "bucket");
        }
    }
    for end in 20..=got.len() {
        let vpin = got[end - 20..end].iter().sum::<f64>() / 60_000.0;
        worst.check(vpin, &bulk["vpin"][end - 20], "vpin");
    }
    worst.say("VPIN bucket by bucket (slow twin)");
}

#[test]
fn what_the_table_builds_gives_the_published_numbers() {
    let (want, tape, mut worst) = (wanted(), tape(), Worst::default());
    let run = |text: &str, tape: &[Print]| {
        let mut built = flow::build(&Request::parse(text).unwrap()).unwrap();
        tape.iter().for_each(|it| built.measure.on_trade(it));
        let mut out = vec![f64::NAN; built.spec.outputs.len()];
        built.measure.write(&mut out);
        out
    };
    let mut ended = tape.clone();
    ended.push(after(&tape));

    let kyle = run("KYLE(19, 60)", &ended);
    let [lambda, alpha, t, r2] = kyle[..] else { panic!("four outputs") };
    worst.check(lambda, &want["kyle_lambda"]["lambda"], "lambda");
    worst.check(alpha, &want["kyle_lambda"]["alpha"], "alpha");
    worst.check(t, &want["kyle_lambda"]["t"], "t");
    worst.check(lambda / t, &want["kyle_lambda"]["se"], "se");
    worst.check(r2, &want["kyle_lambda"]["r2"], "r2");

    worst.check(run("AMIHUD(19, 60)", &ended)[0], &want["amihud"]["value"], "amihud");
    let roll = run("ROLL(5998)", &tape);
    worst.check(roll[0], &want["roll"]["spread"], "roll");
    worst.check(roll[2], &want["roll"]["autocov_ddof1"], "autocov");

    // Fading so slowly that everything counts alike.
    let flow = run("TRADE_FLOW(1000000)", &tape);
    let total: f64 = tape.iter().map(|it| it.size).sum();
    let signed: f64 =
        tape.iter().map(|it| if it.aggressor == Some(Side::Buy) { it.size } else { -it.size }).sum();
    worst.check(signed, &want["effective_order_flow_imbalance"]["total_signed_volume"], "signed volume");
    worst.check(
        0.5 + 0.5 * signed / total,
        &want["effective_order_flow_imbalance"]["buy_share"],
        "buy share",
    );
    assert!((flow[0] - signed / total).abs() < 1e-3, "{flow:?}");

    // The tick test, trade by trade.
    let mut sign = flow::build(&Request::parse("TRADE_SIGN").unwrap()).unwrap();
    let (mut sum, mut defined, mut right, mut out) = (0.0, 0_u32, 0_u32, [f64::NAN; 5]);
    for trade in &tape {
        sign.measure.on_trade(trade);
        sign.measure.write(&mut out);
        sum += out[2];
        defined += u32::from(out[2] != 0.0);
        right += u32::from(out[2] * if trade.aggressor == Some(Side::Buy) { 1.0 } else { -1.0 } > 0.0);
    }
    worst.check(sum, &want["tick_rule"]["sum"], "sum");
    worst.check(f64::from(defined), &want["tick_rule"]["n_nonzero"], "n_nonzero");
    let accuracy = f64::from(right) / f64::from(defined);
    worst.check(accuracy, &want["tick_rule"]["accuracy_vs_truth_nonzero"], "accuracy");

    // Realised variance and jumps out of the bars that the measures cut.
    let mut clock = Clock::new(60.0);
    let closes: Vec<f64> = ended.iter().filter_map(|it| clock.push(it, 0.0)).map(|it| it.close).collect();
    let returns: Vec<f64> = closes.windows(2).map(|it| libm::log(it[1] / it[0])).collect();
    let variance = scalp_quant::volatility::realised_variance(&returns).unwrap();
    let bipower = scalp_quant::volatility::bipower_variation(&returns).unwrap();
    worst.check(variance, &want["realised"]["rv"], "rv");
    worst.check(bipower, &want["realised"]["bipower"], "bipower");
    worst.check((1.0 - bipower / variance).max(0.0), &want["realised"]["jump_ratio"], "jump ratio");
    worst.say("KYLE, AMIHUD, ROLL, TRADE_SIGN, TRADE_FLOW, realised variance");
}

/// Volume and value bars are those of the market's room, which checks them against the same file; here the rule alone.
#[test]
fn volume_and_value_bars() {
    let (want, tape) = (wanted(), tape());
    for (name, threshold, amount) in [
        ("volume_bars", 3000.0, (|it| it.size) as fn(&Print) -> f64),
        ("dollar_bars", 30_000_000.0, Print::value),
    ] {
        assert_eq!(want[name]["threshold"].as_f64(), Some(threshold));
        let (mut sum, mut ends) = (0.0, Vec::new());
        for (i, trade) in tape.iter().enumerate() {
            sum += amount(trade);
            if sum >= threshold {
                ends.push(i as u64);
                sum = 0.0;
            }
        }
        let first: Vec<u64> =
            want[name]["end_idx_first20"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
        assert_eq!((&ends[..20], ends.len() as u64), (&first[..], want[name]["count"].as_u64().unwrap()));
    }
}

#[test]
fn the_likelihood_of_a_hawkes_process() {
    let (want, mut worst) = (wanted()["hawkes_exp_loglik"].clone(), Worst::default());
    let times: Vec<f64> = tape()[..500].iter().map(|it| it.at as f64 / 1e9).collect();
    let number = |key: &str| want[key].as_f64().unwrap();
    let process = Hawkes { mu: number("mu"), alpha: number("alpha"), beta: number("beta") };
    let end = times[499];
    worst.check(process.log_likelihood(&times, end).unwrap(), &want["loglik"], "loglik");
    let fitted = Hawkes::fit(&times, end).unwrap();
    assert!(fitted.log_likelihood >= number("loglik"));
    // The slow twin: every pair of events.
    let slow: f64 = times
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let excited: f64 = times[..i].iter().map(|s| libm::exp(-process.beta * (t - s))).sum();
            libm::log(process.mu + process.alpha * excited)
                - process.alpha / process.beta * (1.0 - libm::exp(-process.beta * (end - t)))
        })
        .sum::<f64>()
        - process.mu * end;
    assert!((slow - number("loglik")).abs() < 1e-8);

    // The intensity that streams is that of the sum over all events.
    let mut hawkes = flow::build(&Request::parse("HAWKES(2, 1.5, 4)").unwrap()).unwrap();
    let mut out = [f64::NAN; 4];
    for (i, trade) in tape()[..500].iter().enumerate() {
        hawkes.measure.on_trade(trade);
        hawkes.measure.write(&mut out);
        let slow: f64 = times[..=i].iter().map(|s| libm::exp(-4.0 * (times[i] - s))).sum();
        assert!((out[0] - (2.0 + 1.5 * slow)).abs() < 1e-9 * out[0]);
        assert!((out[1] + out[2] - out[0]).abs() < 1e-12 * out[0]);
    }
    worst.say("Hawkes");
    println!("fitted: {fitted:?}");
}

#[test]
fn a_measure_can_be_held_by_its_type() {
    let mut vpin = Kept::new(Vpin::new(2, Bucket::Volume(10.0), Split::Sign));
    for trade in &tape()[..50] {
        vpin.on_trade(trade);
    }
    assert!(vpin.now.value().is_some());
    vpin.reset();
    assert_eq!((vpin.now.value(), vpin.now.finished()), (None, 0));
}
