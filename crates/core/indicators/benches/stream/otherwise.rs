//! What peers answer where they are no pair, as they do not look at the window, and where a price is no number. None of this is
//! timed.

use kand::ohlcv::{ad, aroon, bop, medprice, midpoint, midprice, trange, trima, willr};
use kand::stats::{max, min};
use scalp_indicators::typed::*;
use ta::Next as _;
use ta::indicators::KeltnerChannel;
use yata::core::Method;
use yata::methods::{TR, TRIMA};

use crate::Row;
use crate::kand_crate::{OK, Past};

type Answers = Box<dyn FnMut(&Row) -> String>;

/// A line: what it is, and what is said after all of the bars, and at the bar `at`.
fn line(name: &str, bars: &[Row], at: Option<usize>, mut ours: Answers, mut theirs: Answers) {
    let said: Vec<[String; 2]> = bars.iter().map(|bar| [ours(bar), theirs(bar)]).collect();
    let [ours, theirs] = said.last().expect("there are bars");
    match at {
        Some(at) => println!("| {name} | {} | {ours} | {} | {theirs} |", said[at][0], said[at][1]),
        None => println!("| {name} | {ours} | {theirs} |"),
    }
}

fn told<A: std::fmt::Debug>(answer: Result<Option<A>, NotFinite>) -> String {
    match answer {
        Ok(Some(value)) => format!("{value:.2?}"),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

macro_rules! answers {
    ($state:expr, |$s:ident, $row:ident| $answer:expr) => {{
        let mut state = $state;
        Box::new(move |Row($row): &Row| {
            let $s = &mut state;
            $answer
        })
    }};
}

/// A bar that reaches from 50 to 200, and forty after it between 99 and 101: it has long left a window of 14.
fn extremes() {
    let mut bars = vec![Row([100.0, 101.0, 99.0, 100.0, 1.0]); 60];
    bars[19] = Row([100.0, 200.0, 50.0, 200.0, 1.0]);
    println!("\n| forty bars after one bar from 50 to 200 | ours | kand |\n|---|---|---|");
    let built = "valid parameters";
    let ours = answers!(Midpoint::new(14).expect(built), |it, row| told(it.push(row[3])));
    let theirs = answers!((100.0, 100.0), |s, row| {
        let (out, top, bottom) = midpoint::midpoint_inc(row[3], s.0, s.1, 14).expect(OK);
        *s = (top, bottom);
        format!("{out:.2}")
    });
    line("MIDPOINT(14) of the close", &bars, None, ours, theirs);
    let ours = answers!(Midprice::new(14).expect(built), |it, row| told(it.push(row[1], row[2])));
    let theirs = answers!((100.0, 100.0), |s, row| {
        let (out, top, bottom) = midprice::midprice_inc(row[1], row[2], s.0, s.1, 14).expect(OK);
        *s = (top, bottom);
        format!("{out:.2}")
    });
    line("MIDPRICE(14)", &bars, None, ours, theirs);
    let ours = answers!(Willr::new(14).expect(built), |it, row| told(it.push(row[1], row[2], row[3])));
    let theirs = answers!((101.0, 99.0, 100.0, 100.0), |s, row| {
        let (out, top, bottom) = willr::willr_inc(s.0, s.1, s.2, s.3, row[3], row[1], row[2]).expect(OK);
        *s = (top, bottom, row[1], row[2]);
        format!("{out:.2}")
    });
    line("WILLR(14)", &bars, None, ours, theirs);
    let ours = answers!(Aroon::new(14).expect(built), |it, row| told(it.push(row[1], row[2])));
    let theirs = answers!((100.0, 100.0, 0, 0), |s, row| {
        let (up, down, high, low, since_high, since_low) =
            aroon::aroon_inc(row[1], row[2], s.0, s.1, s.2, s.3, 14).expect(OK);
        *s = (high, low, since_high, since_low);
        format!("[{down:.2}, {up:.2}]")
    });
    line("AROON(14), down and up", &bars, None, ours, theirs);
    let falls: Vec<Row> = (0..60).rev().map(|i| Row([f64::from(i); 5])).collect();
    let ours = answers!(Max::new(14).expect(built), |it, row| told(it.push(row[3])));
    let theirs = answers!((Past::new(14), 59.0), |s, row| {
        s.1 = max::max_inc(row[3], s.1, s.0.put(row[3]), 14).expect(OK);
        format!("{:.2}", s.1)
    });
    line("MAX(14) of a price that falls by 1 from 59 to 0", &falls, None, ours, theirs);
    let rises: Vec<Row> = falls.into_iter().rev().collect();
    let ours = answers!(Min::new(14).expect(built), |it, row| told(it.push(row[3])));
    let theirs = answers!((Past::new(14), 0.0), |s, row| {
        match min::min_inc(row[3], s.1, s.0.put(row[3]), 14) {
            Ok(least) => {
                s.1 = least;
                format!("{least:.2}")
            }
            Err(error) => format!("{error:?}"),
        }
    });
    line("MIN(14) of a price that rises by 1 from 0 to 59", &rises, None, ours, theirs);
}

/// One price that is no number, and a hundred bars after it.
fn no_number() {
    let mut bars: Vec<Row> = (0..200)
        .map(|i| {
            let close = 100.0 + f64::from(i % 7);
            Row([close - 0.5, close + 1.0, close - 1.0, close, 1000.0])
        })
        .collect();
    bars[99] = Row([f64::NAN; 5]);
    println!("\n| a bar of NaN | ours at it | ours 100 bars later | peer at it | peer 100 bars later |");
    println!("|---|---|---|---|---|");
    let built = "valid parameters";
    let at = Some(99);
    let ours = answers!(Medprice::new().expect(built), |it, row| told(it.push(row[1], row[2])));
    let theirs = answers!((), |_s, row| format!("{:.2}", medprice::medprice_inc(row[1], row[2]).expect(OK)));
    line("MEDPRICE, kand", &bars, at, ours, theirs);
    let ours = answers!(Bop::new().expect(built), |it, row| told(it.push(row[0], row[1], row[2], row[3])));
    let theirs =
        answers!((), |_s, row| format!("{:.2}", bop::bop_inc(row[0], row[1], row[2], row[3]).expect(OK)));
    line("BOP, kand", &bars, at, ours, theirs);
    let ours = answers!(Ad::new().expect(built), |it, row| told(it.push(row[1], row[2], row[3], row[4])));
    let theirs = answers!(0.0, |s, row| {
        *s = ad::ad_inc(row[1], row[2], row[3], row[4], *s).expect(OK);
        format!("{s:.2}")
    });
    line("AD, kand", &bars, at, ours, theirs);
    let ours = answers!(Trange::new().expect(built), |it, row| told(it.push(row[1], row[2], row[3])));
    let theirs = answers!(100.0, |close, row| {
        let out = trange::trange_inc(row[1], row[2], *close).expect(OK);
        *close = row[3];
        format!("{out:.2}")
    });
    line("TRANGE, kand", &bars, at, ours, theirs);
    let first = bars[0];
    let ours = answers!(Trange::new().expect(built), |it, row| told(it.push(row[1], row[2], row[3])));
    let theirs = answers!(<TR as Method>::new((), &first).expect(built), |it, row| format!(
        "{:.2}",
        it.next(&Row(*row))
    ));
    line("TRANGE, yata", &bars, at, ours, theirs);
    let ours = answers!(Trima::new(14).expect(built), |it, row| told(it.push(row[3])));
    let theirs = answers!(TRIMA::new(14, &100.0).expect(built), |it, row| format!("{:.2}", it.next(&row[3])));
    line("TRIMA(14), yata", &bars, at, ours, theirs);
    let ours = answers!(Trima::new(14).expect(built), |it, row| told(it.push(row[3])));
    let theirs = answers!((Past::new(7), Past::new(8), 100.0, 100.0), |s, row| {
        let old = s.0.put(row[3]);
        let (a, b) = trima::trima_inc(s.2, s.3, row[3], old, s.1.values[s.1.place], 14).expect(OK);
        s.1.put(a);
        (s.2, s.3) = (a, b);
        format!("{b:.2}")
    });
    line("TRIMA(14), kand", &bars, at, ours, theirs);
    let ours =
        answers!(KeltnerEma::new(20, 2.0).expect(built), |it, row| told(it.push(row[1], row[2], row[3])));
    let theirs = answers!(KeltnerChannel::new(20, 2.0).expect(built), |it, row| {
        let out = it.next(&Row(*row));
        format!("[{:.2}, {:.2}, {:.2}]", out.upper, out.average, out.lower)
    });
    line("KELTNER_EMA(20,2), ta", &bars, at, ours, theirs);
}

pub(crate) fn print() {
    extremes();
    no_number();
}
