//! The bars of the pictures: a seeded walk on a grid of ticks, with waves, gaps and bars without a body.

use crate::features::Candles;
use scalp_quant::rng::Key;

/// Candles of the walk. Rare patterns need many.
const ROWS: usize = 40_000;
/// Candles that an indicator has seen at the end of its picture.
const SEEN: usize = 600;
const SEED: u64 = 20_260_101;
pub(super) const START_NS: i64 = 1_767_225_600_000_000_000;
const HOUR_NS: i64 = 3_600_000_000_000;
/// Prices are whole parts of this.
const TICKS: f64 = 10.0;

/// Candles that are the same at each run.
pub(super) struct Walk {
    /// All.
    pub long: Candles,
    /// The first of them.
    pub short: Candles,
}

impl Walk {
    pub(super) fn new() -> Walk {
        let long = bars(ROWS);
        let cut = |it: &[f64]| it[..SEEN].to_vec();
        let prices = [cut(&long.open), cut(&long.high), cut(&long.low), cut(&long.close)];
        let short = Candles::new(long.at_ns[..SEEN].to_vec(), prices, cut(&long.volume));
        Walk { long, short }
    }
}

/// Candles of a pattern that never comes on the walk, made after its definition: open, high, low, close of each.
const RARE: [(&str, &[[f64; 4]]); 3] = [
    // A white candle, then three black ones without shadows below, each opening in the body before it.
    (
        "CDL3BLACKCROWS",
        &[
            [100.0, 102.1, 99.9, 102.0],
            [101.5, 101.6, 99.95, 100.0],
            [101.0, 101.1, 98.75, 98.8],
            [99.8, 99.9, 97.45, 97.5],
        ],
    ),
    // A long black candle with a long shadow below, a smaller one within its range, a small one without shadows within that.
    (
        "CDL3STARSINSOUTH",
        &[[104.0, 104.2, 97.0, 101.0], [102.0, 102.2, 98.0, 100.5], [100.2, 100.25, 99.65, 99.7]],
    ),
    // Two black candles without shadows, one that gaps down and reaches back up into the body, one that engulfs it.
    (
        "CDLCONCEALBABYSWALL",
        &[
            [104.0, 104.05, 101.95, 102.0],
            [102.5, 102.55, 99.95, 100.0],
            [99.0, 100.8, 98.1, 98.2],
            [101.0, 101.1, 97.4, 97.5],
        ],
    ),
];
/// Plain candles before and behind it.
const PLAIN: usize = 20;

/// Candles with the pattern in their middle, where it is one that the walk never has.
pub(super) fn rare(name: &str) -> Option<Candles> {
    let pattern = RARE.iter().find(|it| it.0 == name)?.1;
    let plain = |base: f64| {
        (0..PLAIN).map(move |it| {
            let (open, close) = if it % 2 == 0 { (base, base + 1.0) } else { (base + 1.0, base) };
            [open, base + 1.5, base - 0.5, close]
        })
    };
    let (first, last) = (pattern.first()?, pattern.last()?);
    let all: Vec<[f64; 4]> = plain(first[0]).chain(pattern.iter().copied()).chain(plain(last[3])).collect();
    let prices = std::array::from_fn(|at| all.iter().map(|it| it[at]).collect());
    let at_ns = (0..all.len() as i64).map(|it| START_NS + it * HOUR_NS).collect();
    Some(Candles::new(at_ns, prices, vec![100.0; all.len()]))
}

fn bars(rows: usize) -> Candles {
    let mut stream = Key::named(SEED, "reference").stream(0);
    let tick = |price: f64| (price * TICKS).round() / TICKS;
    let (mut close, mut wide) = (200.0_f64, 1.0_f64);
    let mut prices: [Vec<f64>; 4] = Default::default();
    let mut volume = Vec::with_capacity(rows);
    for t in 0..rows {
        // Calm and storm alternate, and a slow wave carries the price.
        wide = 0.97 * wide + 0.03 * (0.4 + 1.6 * stream.uniform());
        let wave = 0.18 * libm::sin(t as f64 / 23.0) + 0.1 * libm::sin(t as f64 / 71.0);
        let gap = if stream.uniform() < 0.35 { 0.9 * stream.normal() } else { 0.0 };
        let open = tick(close + wide * gap);
        let body = if stream.uniform() < 0.12 { 0.0 } else { stream.normal() };
        let end = tick((open + wide * (body + wave) + 0.01 * (200.0 - open)).max(20.0));
        let (above, below) = (stream.uniform(), stream.uniform());
        // Every fourth shadow is missing.
        let shadow = |it: f64| if it < 0.25 { 0.0 } else { 1.1 * (it - 0.25) };
        let high = tick(open.max(end) + wide * shadow(above));
        let low = tick(open.min(end) - wide * shadow(below));
        let bar = [open, high, low, end];
        prices.iter_mut().zip(bar).for_each(|(column, it)| column.push(it));
        volume.push((50.0 * (1.0 + (end - open).abs()) * (0.5 + stream.uniform())).round());
        close = end;
    }
    Candles::new((0..rows as i64).map(|it| START_NS + it * HOUR_NS).collect(), prices, volume)
}
