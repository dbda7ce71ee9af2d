//! A convex programme whose optimum is checked before anybody sees it.
//!
//! `minimise 1/2 x'Px + q'x` such that each block of affine rows lies in its cone. Clarabel solves it; whether what it
//! found is an optimum is decided here, from its primal and dual solution (see [`Check`]).

use crate::certificate::{Check, certify, proves_infeasible, proves_unbounded, sharpen};
use crate::constraints::{Range, Source};
use crate::error::Error;
use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

/// `sum of terms + constant`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Affine {
    pub terms: Vec<(usize, f64)>,
    pub constant: f64,
}

impl Affine {
    pub fn constant(value: f64) -> Self {
        Self { terms: Vec::new(), constant: value }
    }

    pub fn of(column: usize) -> Self {
        Self { terms: vec![(column, 1.0)], constant: 0.0 }
    }

    pub fn sum(columns: impl IntoIterator<Item = usize>, coefficient: f64) -> Self {
        Self { terms: columns.into_iter().map(|it| (it, coefficient)).collect(), constant: 0.0 }
    }

    /// `coefficients` times the columns from `first` on.
    pub fn row(first: usize, coefficients: &[f64]) -> Self {
        let terms = coefficients.iter().enumerate().filter(|(_, it)| **it != 0.0);
        Self { terms: terms.map(|(at, it)| (first + at, *it)).collect(), constant: 0.0 }
    }

    pub fn term(mut self, column: usize, coefficient: f64) -> Self {
        self.terms.push((column, coefficient));
        self
    }

    pub fn plus(mut self, constant: f64) -> Self {
        self.constant += constant;
        self
    }

    pub fn and(mut self, other: &Self) -> Self {
        self.terms.extend_from_slice(&other.terms);
        self.constant += other.constant;
        self
    }

    pub fn times(mut self, factor: f64) -> Self {
        for term in &mut self.terms {
            term.1 *= factor;
        }
        self.constant *= factor;
        self
    }

    pub fn at(&self, x: &[f64]) -> f64 {
        self.terms.iter().map(|(column, it)| it * x[*column]).sum::<f64>() + self.constant
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cone {
    /// Every row is zero.
    Zero,
    /// Every row is zero or more.
    NonNegative,
    /// The first row is at least the Euclidean norm of the others.
    SecondOrder,
    /// `(a, b, c)` with `b exp(a / b) <= c`.
    Exponential,
    /// `(a, b, c)` with `a^p b^(1 - p) >= |c|`.
    Power(f64),
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub cone: Cone,
    pub source: Source,
    pub rows: Vec<Affine>,
}

/// A programme under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub size: usize,
    /// Entries of `P`, upper triangle, each once.
    pub quadratic: Vec<(usize, usize, f64)>,
    pub linear: Vec<f64>,
    pub blocks: Vec<Block>,
    /// The column that stands for 1 after homogenisation: it multiplies each constant of what is added from then on.
    unit: Option<usize>,
}

/// An optimum that passed its check.
#[derive(Clone, Debug)]
pub(crate) struct Solved {
    pub x: Vec<f64>,
    pub check: Check,
}

impl Program {
    pub fn columns(&mut self, count: usize) -> std::ops::Range<usize> {
        let first = self.size;
        self.size += count;
        self.linear.resize(self.size, 0.0);
        first..self.size
    }

    pub fn column(&mut self) -> usize {
        self.columns(1).start
    }

    /// From here on each constant is multiplied by a new column, zero or more, which is returned.
    pub fn homogenise(&mut self) -> usize {
        let unit = self.column();
        self.at_least(Source::Definition, Affine::of(unit));
        self.unit = Some(unit);
        unit
    }

    /// From here on constants are constants again.
    pub fn end_homogenise(&mut self) {
        self.unit = None;
    }

    pub fn minimise(&mut self, objective: &Affine) {
        for &(column, value) in &objective.terms {
            self.linear[column] += value;
        }
    }

    pub fn equal(&mut self, source: Source, row: Affine) {
        self.cone(Cone::Zero, source, vec![row]);
    }

    /// `row >= 0`.
    pub fn at_least(&mut self, source: Source, row: Affine) {
        self.cone(Cone::NonNegative, source, vec![row]);
    }

    pub fn in_range(&mut self, sources: (Source, Source), row: &Affine, range: Range) {
        if range.min.is_finite() {
            self.at_least(sources.0, row.clone().plus(-range.min));
        }
        if range.max.is_finite() {
            self.at_least(sources.1, row.clone().times(-1.0).plus(range.max));
        }
    }

    pub fn cone(&mut self, cone: Cone, source: Source, mut rows: Vec<Affine>) {
        if let Some(unit) = self.unit {
            for row in &mut rows {
                if row.constant != 0.0 {
                    row.terms.push((unit, row.constant));
                    row.constant = 0.0;
                }
            }
        }
        self.blocks.push(Block { cone, source, rows });
    }

    /// The optimum.
    ///
    /// # Errors
    /// Infeasible with a minimal conflict, unbounded, or not optimal by our own check.
    pub fn solve(&self, what: &'static str) -> Result<Solved, Error> {
        let mut detail = String::new();
        for attempt in 0..ATTEMPTS {
            let answer = self.run(attempt);
            if self.excluded_by(&answer) {
                return Err(self.conflict(&answer.multipliers));
            }
            if answer.status == SolverStatus::DualInfeasible && proves_unbounded(self, &answer.x) {
                return Err(Error::Unbounded);
            }
            let mut multipliers = answer.multipliers;
            sharpen(self, &answer.x, &mut multipliers);
            let check = certify(self, &answer.x, &multipliers);
            if check.passes() {
                return Ok(Solved { x: answer.x, check });
            }
            detail = format!("{check}; {:?}", answer.status);
        }
        Err(Error::NotOptimal { what, tolerance: Check::TOLERANCE, detail })
    }

    /// A minimal conflicting set of sources, by a deletion filter (Chinneck & Dravnieks 1991) over those that take
    /// part in the proof of infeasibility.
    fn conflict(&self, proof: &[Vec<f64>]) -> Error {
        let largest = proof.iter().flatten().fold(0.0_f64, |most, it| most.max(it.abs()));
        let mut kept: Vec<Source> = Vec::new();
        for (block, multipliers) in self.blocks.iter().zip(proof) {
            let part = multipliers.iter().any(|it| it.abs() > 1e-7 * largest);
            if part && block.source != Source::Definition && !kept.contains(&block.source) {
                kept.push(block.source.clone());
            }
        }
        kept.sort();
        if !self.excludes_all(&kept) {
            // The proof was too small in places. It holds for everything, so start from that instead.
            let all = self.blocks.iter().map(|it| it.source.clone()).filter(|it| *it != Source::Definition);
            kept = all.collect();
            kept.sort();
            kept.dedup();
        }
        for source in kept.clone() {
            let without: Vec<Source> = kept.iter().filter(|it| **it != source).cloned().collect();
            if self.excludes_all(&without) {
                kept = without;
            }
        }
        Error::Infeasible { conflict: kept }
    }

    /// Whether these sources are proven to leave nothing.
    fn excludes_all(&self, sources: &[Source]) -> bool {
        let blocks = self.blocks.iter();
        let blocks = blocks.filter(|it| it.source == Source::Definition || sources.contains(&it.source));
        let part = Self {
            size: self.size,
            quadratic: Vec::new(),
            linear: vec![0.0; self.size],
            blocks: blocks.cloned().collect(),
            unit: None,
        };
        for attempt in 0..ATTEMPTS {
            let answer = part.run(attempt);
            if part.excluded_by(&answer) {
                return true;
            }
            if answer.status == SolverStatus::Solved {
                return false;
            }
        }
        false
    }

    fn excluded_by(&self, answer: &Answer) -> bool {
        matches!(answer.status, SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible)
            && proves_infeasible(self, &answer.multipliers)
    }

    fn run(&self, attempt: usize) -> Answer {
        let order = self.order();
        let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut constants = Vec::new();
        let mut cones = Vec::new();
        for &at in &order {
            let block = &self.blocks[at];
            for row in &block.rows {
                for &(column, value) in &row.terms {
                    rows.push(constants.len());
                    columns.push(column);
                    values.push(-value);
                }
                constants.push(row.constant);
            }
            match (block.cone, cones.last_mut()) {
                (Cone::Zero, Some(SupportedConeT::ZeroConeT(size)))
                | (Cone::NonNegative, Some(SupportedConeT::NonnegativeConeT(size))) => {
                    *size += block.rows.len();
                }
                (cone, _) => cones.push(supported(cone, block.rows.len())),
            }
        }
        let scale = self.objective_scale();
        let linear: Vec<f64> = self.linear.iter().map(|it| it * scale).collect();
        let (mut p_rows, mut p_columns, mut p_values) = (Vec::new(), Vec::new(), Vec::new());
        for &(row, column, value) in &self.quadratic {
            p_rows.push(row.min(column));
            p_columns.push(row.max(column));
            p_values.push(value * scale);
        }
        let quadratic = CscMatrix::new_from_triplets(self.size, self.size, p_rows, p_columns, p_values);
        let matrix = CscMatrix::new_from_triplets(constants.len(), self.size, rows, columns, values);
        let solver = DefaultSolver::new(&quadratic, &linear, &matrix, &constants, &cones, settings(attempt));
        let mut solver = solver.expect("sizes agree by construction and the settings are valid");
        solver.solve();
        let solution = solver.solution;
        let mut multipliers = vec![Vec::new(); self.blocks.len()];
        let mut first = 0;
        for &at in &order {
            let size = self.blocks[at].rows.len();
            multipliers[at] = solution.z[first..first + size].iter().map(|it| it / scale).collect();
            first += size;
        }
        Answer { x: solution.x, multipliers, status: solution.status }
    }

    /// Blocks by kind of cone, so that the small ones of a kind make one large one.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.blocks.len()).collect();
        order.sort_by_key(|&at| match self.blocks[at].cone {
            Cone::Zero => 0,
            Cone::NonNegative => 1,
            Cone::SecondOrder => 2,
            Cone::Exponential => 3,
            Cone::Power(_) => 4,
        });
        order
    }

    /// By which the objective is multiplied to be of order 1.
    pub fn objective_scale(&self) -> f64 {
        let largest = self.linear.iter().copied().chain(self.quadratic.iter().map(|it| it.2));
        let largest = largest.fold(0.0_f64, |most, it| most.max(it.abs()));
        if largest > 0.0 { 1.0 / largest } else { 1.0 }
    }
}

/// How often a programme is tried, each time with other settings of the solver.
const ATTEMPTS: usize = 3;

struct Answer {
    x: Vec<f64>,
    multipliers: Vec<Vec<f64>>,
    status: SolverStatus,
}

fn supported(cone: Cone, size: usize) -> SupportedConeT<f64> {
    match cone {
        Cone::Zero => SupportedConeT::ZeroConeT(size),
        Cone::NonNegative => SupportedConeT::NonnegativeConeT(size),
        Cone::SecondOrder => SupportedConeT::SecondOrderConeT(size),
        Cone::Exponential => SupportedConeT::ExponentialConeT(),
        Cone::Power(exponent) => SupportedConeT::PowerConeT(exponent),
    }
}

/// One thread and no time limit, so that the same programme always takes the same steps.
fn settings(attempt: usize) -> DefaultSettings<f64> {
    let mut settings = DefaultSettings {
        verbose: false,
        max_iter: 200,
        max_threads: 1,
        presolve_enable: false,
        tol_gap_abs: 1e-10,
        tol_gap_rel: 1e-10,
        tol_feas: 1e-10,
        tol_infeas_abs: 1e-9,
        tol_infeas_rel: 1e-9,
        ..DefaultSettings::default()
    };
    match attempt {
        0 => {}
        // Drawdowns of long series lose their digits to the scaling of rows now and then.
        1 => {
            settings.equilibrate_enable = false;
            settings.max_step_fraction = 0.9;
        }
        _ => {
            settings.static_regularization_constant = 1e-7;
            settings.max_step_fraction = 0.9;
        }
    }
    settings
}
