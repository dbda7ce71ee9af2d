//! A random forest for regression, as a judge of features: which columns its splits used, and what it foretells of rows it
//! has not seen.

use crate::parallel;
use scalp_quant::rng::{Key, Stream};
use std::num::NonZero;

/// Values of a column are told apart by so many bins of equal count.
const BINS: usize = 64;
/// Values that the borders of the bins are taken from, evenly spaced over the rows.
const BORDER_SAMPLE: usize = 20_000;

/// How a forest grows.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct ForestPlan {
    /// Trees.
    pub trees: usize,
    /// Splits between the root and a leaf, at most.
    pub depth: usize,
    /// Rows in a leaf, at least.
    pub leaf: usize,
    /// Share of the rows in a leaf, at least: small leaves learn noise by heart, and an edge is weak.
    pub leaf_share: f64,
    /// Seed of the rows and columns that each tree draws.
    pub seed: u64,
}

impl Default for ForestPlan {
    fn default() -> Self {
        Self { trees: 100, depth: 12, leaf: 20, leaf_share: 0.05, seed: 42 }
    }
}

/// A forest that has grown (Breiman 2001): each tree sees as many rows as there are, drawn with replacement, and at each
/// split a third of the columns. The answer is the same on any number of threads.
#[derive(Clone, Debug)]
pub struct Forest {
    borders: Vec<Vec<f64>>,
    trees: Vec<Vec<Node>>,
    importance: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf(f64),
    /// Rows whose bin of `column` is at most `bin` go to `below`, the others to the node after it.
    Split {
        column: u32,
        bin: u8,
        below: u32,
    },
}

impl Forest {
    /// Grows on columns of one length and a target of that length, all finite.
    #[must_use]
    pub fn grow(columns: &[&[f64]], target: &[f64], plan: &ForestPlan, threads: NonZero<usize>) -> Self {
        let borders: Vec<Vec<f64>> = parallel::map(threads, columns.len(), |i| borders(columns[i]));
        let bins: Vec<Vec<u8>> = parallel::map(threads, columns.len(), |i| binned(columns[i], &borders[i]));
        let key = Key::named(plan.seed, "random forest");
        let grown = parallel::map(threads, plan.trees, |tree| {
            Growth::new(&bins, target, plan, key.stream(tree as u64)).grow()
        });
        let mut importance = vec![0.0; columns.len()];
        for (_, gains) in &grown {
            let whole: f64 = gains.iter().sum();
            if whole > 0.0 {
                importance.iter_mut().zip(gains).for_each(|(to, gain)| *to += gain / whole);
            }
        }
        let whole: f64 = importance.iter().sum();
        if whole > 0.0 {
            importance.iter_mut().for_each(|it| *it /= whole);
        }
        Self { borders, trees: grown.into_iter().map(|it| it.0).collect(), importance }
    }

    /// For each column, the share of the squared error that its splits removed, mean over the trees; they sum to one, or
    /// are all zero where nothing could be split. Columns with many different values are favoured a little, noise too
    /// gets a share: compare with the share of a column known to be noise.
    #[must_use]
    pub fn importance(&self) -> &[f64] {
        &self.importance
    }

    /// What the forest foretells for each row of the same columns.
    #[must_use]
    pub fn predict(&self, columns: &[&[f64]], threads: NonZero<usize>) -> Vec<f64> {
        let rows = columns.first().map_or(0, |it| it.len());
        let bins: Vec<Vec<u8>> =
            parallel::map(threads, columns.len(), |i| binned(columns[i], &self.borders[i]));
        let mut out = vec![0.0; rows];
        for (row, to) in out.iter_mut().enumerate() {
            let sum: f64 = self.trees.iter().map(|tree| walk(tree, |column| bins[column][row])).sum();
            *to = sum / self.trees.len() as f64;
        }
        out
    }
}

fn walk(tree: &[Node], bin_of: impl Fn(usize) -> u8) -> f64 {
    let mut at = 0;
    loop {
        match tree[at] {
            Node::Leaf(value) => return value,
            Node::Split { column, bin, below } => {
                at = below as usize + usize::from(bin_of(column as usize) > bin);
            }
        }
    }
}

/// The upper ends of all bins but the last.
fn borders(column: &[f64]) -> Vec<f64> {
    let step = column.len().div_ceil(BORDER_SAMPLE).max(1);
    let mut sample: Vec<f64> = column.iter().copied().step_by(step).collect();
    sample.sort_unstable_by(f64::total_cmp);
    let mut borders: Vec<f64> =
        (1..BINS).filter_map(|k| sample.get(k * sample.len() / BINS).copied()).collect();
    borders.dedup();
    borders
}

fn binned(column: &[f64], borders: &[f64]) -> Vec<u8> {
    column.iter().map(|value| borders.partition_point(|it| it < value) as u8).collect()
}

/// One tree as it grows.
struct Growth<'a> {
    bins: &'a [Vec<u8>],
    target: &'a [f64],
    depth: usize,
    leaf: usize,
    stream: Stream,
    /// Rows by node: each node owns a run of them.
    rows: Vec<u32>,
    columns: Vec<u32>,
    nodes: Vec<Node>,
    gains: Vec<f64>,
}

/// A split that may be made.
struct Cut {
    gain: f64,
    column: u32,
    bin: u8,
}

impl<'a> Growth<'a> {
    fn new(bins: &'a [Vec<u8>], target: &'a [f64], plan: &ForestPlan, mut stream: Stream) -> Self {
        let rows = (0..target.len()).map(|_| stream.below(target.len() as u64) as u32).collect();
        let columns = (0..bins.len() as u32).collect();
        let leaf = plan.leaf.max((plan.leaf_share * target.len() as f64) as usize);
        let (depth, nodes, gains) = (plan.depth, Vec::new(), vec![0.0; bins.len()]);
        Self { bins, target, depth, leaf, stream, rows, columns, nodes, gains }
    }

    fn grow(mut self) -> (Vec<Node>, Vec<f64>) {
        self.nodes.push(Node::Leaf(0.0));
        let mut open = vec![(0_usize, 0_usize, self.rows.len(), 0_usize)];
        while let Some((node, from, to, depth)) = open.pop() {
            let mean = self.rows[from..to].iter().map(|&row| self.target[row as usize]).sum::<f64>()
                / (to - from).max(1) as f64;
            self.nodes[node] = Node::Leaf(mean);
            if depth == self.depth || to - from < 2 * self.leaf {
                continue;
            }
            let Some(cut) = self.best_cut(from, to, mean) else { continue };
            self.gains[cut.column as usize] += cut.gain;
            let middle = self.part(from, to, &cut);
            let below = self.nodes.len();
            self.nodes.extend([Node::Leaf(0.0); 2]);
            self.nodes[node] = Node::Split { column: cut.column, bin: cut.bin, below: below as u32 };
            open.push((below + 1, middle, to, depth + 1));
            open.push((below, from, middle, depth + 1));
        }
        (self.nodes, self.gains)
    }

    /// The cut that removes most of the squared error, among a third of the columns.
    fn best_cut(&mut self, from: usize, to: usize, mean: f64) -> Option<Cut> {
        let all = self.columns.len();
        let mut best: Option<Cut> = None;
        for place in 0..all.div_ceil(3) {
            let other = place + self.stream.below((all - place) as u64) as usize;
            self.columns.swap(place, other);
            let column = self.columns[place];
            let (mut counts, mut sums) = ([0_u32; BINS], [0.0_f64; BINS]);
            let bins = &self.bins[column as usize];
            for &row in &self.rows[from..to] {
                let bin = bins[row as usize] as usize;
                counts[bin] += 1;
                sums[bin] += self.target[row as usize] - mean;
            }
            let (mut left, mut sum) = (0, 0.0);
            for bin in 0..BINS - 1 {
                left += counts[bin] as usize;
                sum += sums[bin];
                let right = to - from - left;
                if counts[bin] == 0 || left < self.leaf {
                    continue;
                }
                if right < self.leaf {
                    break;
                }
                // Deviations from the mean sum to zero, so both sides carry the same sum.
                let gain = sum * sum * (1.0 / left as f64 + 1.0 / right as f64);
                if gain > best.as_ref().map_or(0.0, |it| it.gain) {
                    best = Some(Cut { gain, column, bin: bin as u8 });
                }
            }
        }
        best
    }

    /// Puts the rows below the cut first; where the others begin.
    fn part(&mut self, from: usize, to: usize, cut: &Cut) -> usize {
        let bins = &self.bins[cut.column as usize];
        let mut middle = from;
        for at in from..to {
            if bins[self.rows[at] as usize] <= cut.bin {
                self.rows.swap(at, middle);
                middle += 1;
            }
        }
        middle
    }
}
