//! How often `scalp features select` finds an edge where there is none, and where there is one: walks without direction under
//! items that keep a level, and one item of eight that knows a little of the next return. The first argument is how many paths
//! of each kind are made (20 when absent), further ones choose cases by a part of their name.
//!
//! `cargo run --release -p scalp-lab --example select_power -- 300 walks`

use scalp_lab::features::select::{Question, found};
use scalp_lab::features::{Asked, Holds, Table};
use scalp_lab::selection::SelectionPlan;
use scalp_quant::rng::{Key, Stream};
use std::num::NonZero;
use std::path::Path;

const TWO: &str = "close, SMA(50)";
const EIGHT: &str = "RSI(14), SMA(200), ROLLZ(close,500), ATR(14), LINEARREG_SLOPE(100), LAG(close,100), ROCP(50), STDDEV(100,1)";
const COLUMNS: &str = "x0, x1, x2, x3, x4, x5, x6, x7";

/// A kind of path.
struct Case {
    name: String,
    list: &'static str,
    rows: usize,
    horizon: usize,
    /// Correlation of the column `x3` with the next return; `None` where the items are those of the walk.
    edge: Option<f64>,
}

fn cases() -> Vec<Case> {
    let walk = |list, horizon, rows| {
        let items = if list == TWO { "2 items" } else { "8 items" };
        Case {
            name: format!("walks, {items}, {horizon} ahead, {rows} rows"),
            list,
            rows,
            horizon,
            edge: None,
        }
    };
    let mut all =
        vec![walk(TWO, 20, 3_000), walk(EIGHT, 200, 3_000), walk(EIGHT, 200, 20_000), walk(EIGHT, 1, 3_000)];
    for rows in [3_000, 10_000, 40_000] {
        for edge in [0.03, 0.05, 0.1] {
            let name = format!("planted {edge}, {rows} rows");
            all.push(Case { name, list: COLUMNS, rows, horizon: 1, edge: Some(edge) });
        }
    }
    all
}

/// Candles of a walk; with an edge, eight further columns of which one leans with the next return.
fn path(case: &Case, seed: u64) -> Table {
    let mut stream = Key::named(seed, "select power").stream(0);
    let (mut price, mut leans) = (100.0_f64, 0.0);
    let mut prices: [Vec<f64>; 4] = Default::default();
    let mut further: Vec<Vec<f64>> = vec![Vec::new(); 8];
    let mut volume = Vec::with_capacity(case.rows);
    for _ in 0..case.rows {
        let edge = case.edge.unwrap_or(0.0);
        let open = price;
        price *= 1.0 + 0.002 * (edge * leans + (1.0 - edge * edge).sqrt() * stream.normal());
        let (high, low) = (open.max(price), open.min(price));
        let bar = [open, high + wick(&mut stream), low - wick(&mut stream), price];
        prices.iter_mut().zip(bar).for_each(|(column, it)| column.push(it));
        volume.push(1.0 + stream.uniform());
        further.iter_mut().for_each(|it| it.push(stream.normal()));
        leans = *further[3].last().expect("a value was pushed");
    }
    let mut table =
        Table::candles((0..case.rows as i64).map(|it| it * 60_000_000_000).collect(), prices, volume);
    if let (Some(_), Holds::Bars { columns, extra, .. }) = (case.edge, &mut table.holds) {
        extra.extend((0..8).map(|it| format!("x{it}")));
        columns.extend(further);
    }
    table
}

fn wick(stream: &mut Stream) -> f64 {
    0.1 * stream.uniform()
}

/// The 95 % interval of a share (Wilson 1927).
fn wilson(found: usize, of: usize) -> [f64; 2] {
    let (n, share, z) = (of as f64, found as f64 / of as f64, 1.959_963_984_540_054_f64);
    let middle = share + z * z / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    [middle - reach, middle + reach].map(|it| it / (1.0 + z * z / n))
}

fn main() {
    let mut args = std::env::args().skip(1);
    let paths: u64 = args.next().and_then(|it| it.parse().ok()).unwrap_or(20);
    let wanted: Vec<String> = args.collect();
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    for case in
        cases().iter().filter(|it| wanted.is_empty() || wanted.iter().any(|part| it.name.contains(part)))
    {
        // Eight items are all kept whatever the lists say, so what only orders them may look at few rows.
        let plan =
            SelectionPlan { halves: 0, shuffles: 0, information_rows: 100, ..SelectionPlan::default() };
        let asked = Asked { threads, bars: None, keep_going: false };
        let question = Question { list: case.list.into(), horizon: case.horizon, plan, asked };
        let (mut finds, mut refused, mut scores) = (0, None, Vec::new());
        for seed in 0..paths {
            match found(Path::new("walk"), &path(case, seed), &question) {
                Ok((score, is_found)) => {
                    finds += usize::from(is_found);
                    scores.push(score.score);
                }
                Err(why) => refused = Some(why),
            }
        }
        if let Some(why) = refused {
            println!("{}: refused: {why}", case.name);
            continue;
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let [low, high] = wilson(finds, scores.len()).map(|it| 100.0 * it);
        println!(
            "{}: {finds} of {} found, {:.1} % ({low:.1} to {high:.1}), mean score {mean:.4}",
            case.name,
            scores.len(),
            100.0 * finds as f64 / scores.len() as f64
        );
    }
}
