//! The candlestick patterns of TA-Lib that look at nothing but the bars and the averages of bars before them, without a
//! branch, so that a processor judges many bars at once. All but Hikkake, which remembers.
//!
//! What is long, short or near is told by an average over the bars before. TA-Lib keeps it as a running sum that begins at
//! the first bar that the pattern needs; the same sums in the same order here, so the answers are the same, bar for bar.

pub(super) mod hikkake;
mod patterns;

use std::marker::PhantomData;
use std::sync::OnceLock;

use ta_lib::abstract_api::FuncId;

use super::bind::BuildFn;
use crate::data::Column;
use crate::kernel::{Exhausted, Kernel, SILENT, seated};
use crate::spec::Built;

pub(super) use patterns::build;

/// How many bars a pattern sees, and how many are judged at once.
const BARS: usize = 5;
const BLOCK: usize = 128;
/// The most averages that a pattern asks for, and the most bars that its sums reach back, as a power of two.
const SUMS: usize = 6;
const RING: usize = 16;
/// Sums begin at one of the first bars.
const STARTS: usize = 8;

/// What is averaged, over how many bars.
#[derive(Clone, Copy)]
enum Base {
    /// Real bodies, over ten bars.
    Body,
    /// From low to high, over ten bars.
    Range,
    /// Both shadows, over ten bars.
    Shadows,
    /// From low to high, over five bars.
    Short,
}

impl Base {
    const fn period(self) -> usize {
        match self {
            Base::Body | Base::Range | Base::Shadows => 10,
            Base::Short => 5,
        }
    }

    #[inline(always)]
    fn of(self, open: f64, high: f64, low: f64, close: f64) -> f64 {
        match self {
            Base::Body => (close - open).abs(),
            Base::Range | Base::Short => high - low,
            Base::Shadows => (high - larger(close, open)) + (smaller(close, open) - low),
        }
    }
}

/// The larger of two; the close first, as the sign of a zero goes by it.
#[inline(always)]
fn larger(close: f64, open: f64) -> f64 {
    if close >= open { close } else { open }
}

#[inline(always)]
fn smaller(close: f64, open: f64) -> f64 {
    if close >= open { open } else { close }
}

/// For each average the values of a block, by what is averaged and how many bars ago; zeros where nobody asks.
type Averages<'a, const B: usize> = [[&'a [f64; B]; BARS]; 4];

/// A block of bars, each seen from `BARS` places: `open[2][j]` is the open two bars before the bar `j`.
struct Block<'a, const B: usize> {
    open: [&'a [f64; B]; BARS],
    high: [&'a [f64; B]; BARS],
    low: [&'a [f64; B]; BARS],
    close: [&'a [f64; B]; BARS],
    averages: Averages<'a, B>,
}

/// A bar of a block, with those before it: `o(2)` is the open two bars ago.
#[derive(Clone, Copy)]
struct At<'a, 'b, const B: usize> {
    block: &'b Block<'a, B>,
    j: usize,
}

/// What is said when `condition` holds; 0 otherwise.
#[inline(always)]
fn when(condition: bool, said: i32) -> i32 {
    if condition { said } else { 0 }
}

#[allow(clippy::inline_always, reason = "a block is judged in lanes only when all of this is one loop")]
impl<const B: usize> At<'_, '_, B> {
    #[inline(always)]
    fn o(self, k: usize) -> f64 {
        self.block.open[k][self.j]
    }

    #[inline(always)]
    fn h(self, k: usize) -> f64 {
        self.block.high[k][self.j]
    }

    #[inline(always)]
    fn l(self, k: usize) -> f64 {
        self.block.low[k][self.j]
    }

    #[inline(always)]
    fn c(self, k: usize) -> f64 {
        self.block.close[k][self.j]
    }

    #[inline(always)]
    fn white(self, k: usize) -> bool {
        self.c(k) >= self.o(k)
    }

    #[inline(always)]
    fn black(self, k: usize) -> bool {
        self.c(k) < self.o(k)
    }

    /// 1 for white, -1 for black.
    #[inline(always)]
    fn color(self, k: usize) -> i32 {
        if self.white(k) { 1 } else { -1 }
    }

    #[inline(always)]
    fn sign(self, k: usize) -> f64 {
        if self.white(k) { 1.0 } else { -1.0 }
    }

    #[inline(always)]
    fn body(self, k: usize) -> f64 {
        (self.c(k) - self.o(k)).abs()
    }

    /// The upper end of the body.
    #[inline(always)]
    fn top(self, k: usize) -> f64 {
        larger(self.c(k), self.o(k))
    }

    #[inline(always)]
    fn bottom(self, k: usize) -> f64 {
        smaller(self.c(k), self.o(k))
    }

    /// The upper shadow.
    #[inline(always)]
    fn upper(self, k: usize) -> f64 {
        self.h(k) - self.top(k)
    }

    #[inline(always)]
    fn lower(self, k: usize) -> f64 {
        self.bottom(k) - self.l(k)
    }

    /// The close and a part of the body above it, rounded once.
    #[inline(always)]
    fn into_body(self, k: usize, part: f64) -> f64 {
        libm::fma(self.body(k), part, self.c(k))
    }

    #[inline(always)]
    fn average(self, base: Base, k: usize) -> f64 {
        self.block.averages[base as usize][k][self.j]
    }

    // TA-Lib's thresholds of the bar `k` ago, as they are by default.

    #[inline(always)]
    fn body_long(self, k: usize) -> f64 {
        self.average(Base::Body, k)
    }

    #[inline(always)]
    fn body_short(self, k: usize) -> f64 {
        self.average(Base::Body, k)
    }

    #[inline(always)]
    fn body_doji(self, k: usize) -> f64 {
        0.1 * self.average(Base::Range, k)
    }

    #[inline(always)]
    fn shadow_long(self, k: usize) -> f64 {
        self.body(k)
    }

    #[inline(always)]
    fn shadow_very_long(self, k: usize) -> f64 {
        2.0 * self.body(k)
    }

    #[inline(always)]
    fn shadow_short(self, k: usize) -> f64 {
        self.average(Base::Shadows, k) * 0.5
    }

    #[inline(always)]
    fn shadow_very_short(self, k: usize) -> f64 {
        0.1 * self.average(Base::Range, k)
    }

    #[inline(always)]
    fn near(self, k: usize) -> f64 {
        0.2 * self.average(Base::Short, k)
    }

    #[inline(always)]
    fn far(self, k: usize) -> f64 {
        0.6 * self.average(Base::Short, k)
    }

    #[inline(always)]
    fn equal(self, k: usize) -> f64 {
        0.05 * self.average(Base::Short, k)
    }
}

trait Pattern: Copy + Send + Sync + 'static {
    /// How many bars pass in silence.
    const LOOKBACK: usize;

    /// The averages that it asks for, each with how many bars ago.
    const AVERAGES: &'static [(Base, usize)];

    /// What it says of a bar.
    fn look<const B: usize>(bar: At<'_, '_, B>, penetration: f64) -> i32;

    /// Whether what it said stands. Asked where it spoke, which is rarely.
    fn stands<const B: usize>(bar: At<'_, '_, B>, penetration: f64) -> bool;
}

/// A pattern as a kernel.
#[derive(Clone)]
struct Candle<P> {
    penetration: f64,
    /// The last bars, the bar `t` at `t % RING`: opens, highs, lows, closes.
    ring: [[f64; RING]; 4],
    sums: [f64; SUMS],
    seen: usize,
    pattern: PhantomData<P>,
}

fn candle<P: Pattern>(parameters: &[f64]) -> Result<Built, (usize, String)> {
    let sums = P::AVERAGES.iter().map(|&(base, k)| base.period() + k).max().unwrap_or(0);
    assert!(
        sums <= P::LOOKBACK && sums < RING && P::AVERAGES.len() <= SUMS,
        "the sums begin at the first bar or later"
    );
    let kernel = Candle::<P> {
        penetration: parameters.first().copied().unwrap_or(0.0),
        ring: [[0.0; RING]; 4],
        sums: [0.0; SUMS],
        seen: 0,
        pattern: PhantomData,
    };
    Ok((seated(kernel), vec![P::LOOKBACK]))
}

impl<P: Pattern> Candle<P> {
    /// Puts a bar into the place of the oldest, which nothing reads any more.
    #[inline]
    fn place(&mut self, row: [f64; 4]) {
        for (column, x) in self.ring.iter_mut().zip(row) {
            column[self.seen % RING] = x;
        }
    }

    /// The bar that is placed, or `k` bars before it.
    #[inline]
    fn ago(&self, column: usize, k: usize) -> &[f64; 1] {
        std::array::from_ref(&self.ring[column][(self.seen.wrapping_sub(k)) % RING])
    }

    #[inline]
    fn base(&self, base: Base, k: usize) -> f64 {
        base.of(self.ago(0, k)[0], self.ago(1, k)[0], self.ago(2, k)[0], self.ago(3, k)[0])
    }

    /// What the pattern says of the bar that is placed.
    #[inline(never)]
    fn answer(&self) -> f64 {
        if self.seen < P::LOOKBACK {
            return SILENT;
        }
        let now: [[f64; 1]; SUMS] = std::array::from_fn(|i| match P::AVERAGES.get(i) {
            Some((base, _)) => [self.sums[i] / base.period() as f64],
            None => [0.0],
        });
        let averages = arranged::<P, 1>(|i| &now[i]);
        let column = |column: usize| std::array::from_fn(|k| self.ago(column, k));
        let [open, high, low, close] = [column(0), column(1), column(2), column(3)];
        let block = Block { open, high, low, close, averages };
        let bar = At { block: &block, j: 0 };
        let said = P::look(bar, self.penetration);
        if said != 0 && P::stands(bar, self.penetration) { f64::from(said) } else { 0.0 }
    }
}

impl<P: Pattern> Kernel<4, 1> for Candle<P> {
    fn push(&mut self, row: [f64; 4], out: &mut [f64; 1]) -> Result<(), Exhausted> {
        self.place(row);
        out[0] = self.answer();
        for (i, &(base, k)) in P::AVERAGES.iter().enumerate() {
            if self.seen >= P::LOOKBACK {
                self.sums[i] += self.base(base, k) - self.base(base, k + base.period());
            } else if self.seen + base.period() >= P::LOOKBACK {
                self.sums[i] += self.base(base, k);
            }
        }
        self.seen += 1;
        Ok(())
    }

    fn peek(&mut self, row: [f64; 4], out: &mut [f64; 1]) -> Result<(), Exhausted> {
        self.place(row);
        out[0] = self.answer();
        Ok(())
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        lent: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        let inputs: [&[f64]; 4] = std::array::from_fn(|i| &inputs[i][..rows]);
        let said = out[0].values.integer(rows - P::LOOKBACK);
        if said.len() < BLOCK {
            let mut answer = [SILENT];
            for t in 0..rows {
                self.push(inputs.map(|it| it[t]), &mut answer)?;
                if t >= P::LOOKBACK {
                    said[t - P::LOOKBACK] = answer[0] as i32;
                }
            }
            return Ok(());
        }
        let once = Lent::default();
        let lent = lent.unwrap_or(&once);
        let mut columns: [&[f64]; SUMS] = [&[]; SUMS];
        for (column, &(base, k)) in columns.iter_mut().zip(P::AVERAGES) {
            *column = lent.column(&inputs, base, P::LOOKBACK - base.period() - k);
        }
        // The last block ends with the bars, and judges some of them again.
        for start in (0..said.len()).step_by(BLOCK) {
            let start = start.min(said.len() - BLOCK);
            let averages = arranged::<P, BLOCK>(|i| part(columns[i], start));
            let block = said[start..].first_chunk_mut().expect("a block lies within its column");
            judge::<P, BLOCK>(&inputs, start + P::LOOKBACK, self.penetration, averages, block);
        }
        Ok(())
    }
}

/// The `B` values from `start` on.
#[inline]
fn part<const B: usize>(column: &[f64], start: usize) -> &[f64; B] {
    column[start..].first_chunk().expect("a block lies within its column")
}

/// The averages of a pattern, the one at place `i` of its list out of `of(i)`.
#[inline]
fn arranged<'a, P: Pattern, const B: usize>(of: impl Fn(usize) -> &'a [f64; B]) -> Averages<'a, B> {
    let mut averages: Averages<'a, B> = [[&[0.0; B]; BARS]; 4];
    for (i, &(base, k)) in P::AVERAGES.iter().enumerate() {
        averages[base as usize][k] = of(i);
    }
    averages
}

/// Judges the `B` bars from `start` on.
#[inline(never)]
fn judge<P: Pattern, const B: usize>(
    inputs: &[&[f64]; 4],
    start: usize,
    penetration: f64,
    averages: Averages<'_, B>,
    out: &mut [i32; B],
) {
    let column = |i: usize| std::array::from_fn(|k| part::<B>(inputs[i], start.saturating_sub(k)));
    let block = Block { open: column(0), high: column(1), low: column(2), close: column(3), averages };
    // Into an array of its own, so that nothing else can lie in the same place.
    let mut said = [0; B];
    for (j, said) in said.iter_mut().enumerate() {
        *said = P::look(At { block: &block, j }, penetration);
    }
    for (j, said) in said.iter_mut().enumerate() {
        if *said != 0 && !P::stands(At { block: &block, j }, penetration) {
            *said = 0;
        }
    }
    *out = said;
}

/// The sum of the bars from `start` on, over one period.
fn seed(inputs: &[&[f64]; 4], base: Base, start: usize) -> f64 {
    let [open, high, low, close] = inputs.map(|it| &it[start..start + base.period()]);
    (0..base.period()).fold(0.0, |sum, t| sum + base.of(open[t], high[t], low[t], close[t]))
}

/// The averages over whole columns, each computed when a pattern asks for it first, and lent to all patterns: eight bytes a
/// bar for each of at most 17.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lent {
    columns: [[OnceLock<Vec<f64>>; STARTS]; 4],
}

impl Lent {
    /// The averages whose sum begins at the bar `start`, from the first bar on that has a whole period before it.
    fn column(&self, inputs: &[&[f64]; 4], base: Base, start: usize) -> &[f64] {
        self.columns[base as usize][start].get_or_init(|| {
            let mut sum = seed(inputs, base, start);
            let mut at = start + base.period();
            let mut values = vec![0.0; inputs[0].len() - at];
            let (blocks, rest) = values.as_chunks_mut::<BLOCK>();
            for block in blocks {
                slide(base, inputs, at, &mut sum, block);
                at += BLOCK;
            }
            for one in rest {
                slide(base, inputs, at, &mut sum, std::array::from_mut(one));
                at += 1;
            }
            values
        })
    }
}

/// The averages before each of the `B` bars from `start` on, out of their running sum.
#[inline]
fn slide<const B: usize>(base: Base, inputs: &[&[f64]; 4], start: usize, sum: &mut f64, out: &mut [f64; B]) {
    let period = base.period();
    let now: [&[f64; B]; 4] = inputs.map(|it| part(it, start));
    let gone: [&[f64; B]; 4] = inputs.map(|it| part(it, start - period));
    let of = |it: &[&[f64; B]; 4], j: usize| base.of(it[0][j], it[1][j], it[2][j], it[3][j]);
    let mut change = [0.0; B];
    for (j, change) in change.iter_mut().enumerate() {
        *change = of(&now, j) - of(&gone, j);
    }
    let mut before = [0.0; B];
    for (before, change) in before.iter_mut().zip(&change) {
        *before = *sum;
        *sum += change;
    }
    for (out, before) in out.iter_mut().zip(&before) {
        *out = before / period as f64;
    }
}
