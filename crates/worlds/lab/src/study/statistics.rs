//! What statistical tests say of a series, and what a Sharpe ratio proves after so many trials.

use super::charts::statistics as charts;
use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::edge::{self, SharpeSample, Trials};
use scalp_quant::hypothesis::Test;
use scalp_quant::hypothesis::autocorrelation::{arch_lm, ljung_box};
use scalp_quant::hypothesis::cointegration::engle_granger;
use scalp_quant::hypothesis::normality::jarque_bera;
use scalp_quant::hypothesis::unit_root::{Around, Deterministic, Lags, adf, kpss};
use scalp_report::data::Unit;
use scalp_report::study::{Cell, Section, Study};

/// Lags of the tests of memory, as practice has it for daily returns.
const LAGS: usize = 10;
/// With fewer returns no test says anything.
const RETURNS_MIN: usize = 10;
/// A p-value below this speaks against the null hypothesis.
const LEVEL: f64 = 0.05;
/// Chance to find an edge that is there.
const POWER: f64 = 0.8;
/// Skewness and kurtosis of normal returns.
const NORMAL_SHAPE: (f64, f64) = (0.0, 3.0);

/// Tests of each column: of the logarithmic price where there are prices, and of the logarithmic returns. With a column
/// named, also whether each other is cointegrated with it.
pub fn tests(sample: &Sample, with: Option<&str>) -> Result<Study, StudyError> {
    if sample.steps() < RETURNS_MIN {
        let why = Error::TooShort { what: "the table", have: sample.steps(), need: RETURNS_MIN };
        return Err(StudyError::Quant { what: "returns".into(), why });
    }
    let mut study = Study {
        title: format!("Statistical tests of {} returns", sample.steps()),
        sample: sample.described(),
        charts: charts::memory(sample),
        notes: sample.notes.clone(),
        ..Study::default()
    };
    for (asset, name) in sample.names.iter().enumerate() {
        let mut section = Section::with_columns(name, ["statistic", "p", "says"]);
        if let Some(prices) = &sample.prices {
            let logs: Vec<f64> = prices[asset].iter().map(|it| libm::log(*it)).collect();
            levels(&mut section, "log price", &logs);
        }
        let returns = sample.log_returns(asset);
        let returns = if sample.prices.is_some() { without_rounding(returns) } else { returns };
        levels(&mut section, "returns", &returns);
        memory(&mut section, &returns);
        study.sections.push(section);
    }
    if let Some(with) = with {
        study.sections.push(cointegration(sample, with)?);
        study.notes.push("Cointegration (Engle and Granger 1987) of logarithmic prices, with a constant, lags by Akaike's criterion; the null hypothesis is that there is none. The hedge ratio is how much of the one named stands against one of the other.".into());
    }
    study.notes.push(format!(
        "A p below {LEVEL} speaks against the null hypothesis: a unit root (ADF), stationarity (KPSS), normality (Jarque-Bera), no autocorrelation (Ljung-Box), constant variance (ARCH-LM). The p of KPSS ends at 0.01 and 0.1, where its table does."
    ));
    study.notes.push("So many tests at once find something by chance alone.".into());
    study.notes.extend(drawn_of(sample));
    Ok(study)
}

/// Whether each other column wanders with this one.
fn cointegration(sample: &Sample, with: &str) -> Result<Section, StudyError> {
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked(
            "--with: cointegration is asked of prices, the table holds returns".into(),
        ));
    };
    let found = sample.names.iter().position(|it| it.eq_ignore_ascii_case(with));
    let at = found.filter(|_| sample.names.len() > 1).ok_or_else(|| {
        let names = scalp_tables::panel::listed(&sample.names);
        StudyError::Asked(format!("--with: expected one of at least two columns, {names}, got {with}"))
    })?;
    let logs = |at: usize| -> Vec<f64> { prices[at].iter().map(|it| libm::log(*it)).collect() };
    let columns = ["statistic", "p", "hedge ratio", "says"];
    let mut section = Section::with_columns(&format!("Cointegration with {}", sample.names[at]), columns);
    let base = logs(at);
    for (other, name) in sample.names.iter().enumerate().filter(|it| it.0 != at) {
        let cells = match engle_granger(&logs(other), &[&base], false, Lags::Aic(None)) {
            Ok(it) => {
                let says = if it.test.p < LEVEL { "cointegrated" } else { "none shown" };
                vec![it.test.statistic.into(), it.test.p.into(), it.hedge[0].into(), says.into()]
            }
            Err(why) => vec![Cell::Undefined(why.to_string()), "".into(), "".into(), "".into()],
        };
        section.row(name, cells);
    }
    Ok(section)
}

/// That not all columns are drawn.
fn drawn_of(sample: &Sample) -> Option<String> {
    let (all, most) = (sample.names.len(), charts::COLUMNS_MAX);
    (all > most).then(|| format!("Charts are drawn of the first {most} of {all} columns."))
}

fn levels(section: &mut Section, of: &str, values: &[f64]) {
    let root = adf(values, Deterministic::Constant, Lags::Aic(None)).map(|it| it.test);
    add(section, &format!("ADF, {of}"), root, "stationary", "unit root not excluded");
    let level = kpss(values, Around::Level, None).map(|it| it.test);
    add(section, &format!("KPSS, {of}"), level, "not stationary", "stationarity not excluded");
}

/// Returns of prices that differ by their rounding alone, a few of the last digits of a ratio near 1, are one.
fn without_rounding(mut returns: Vec<f64>) -> Vec<f64> {
    let (low, high) =
        returns.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |it, x| (it.0.min(*x), it.1.max(*x)));
    if high - low <= 8.0 * f64::EPSILON {
        returns.fill(low);
    }
    returns
}

fn memory(section: &mut Section, returns: &[f64]) {
    let normal = jarque_bera(returns);
    add(
        section,
        "Jarque-Bera",
        normal.as_ref().map(|it| it.test).map_err(Clone::clone),
        "not normal",
        "normal not excluded",
    );
    let box_test = ljung_box(returns, LAGS, 0);
    add(section, &format!("Ljung-Box, {LAGS} lags"), box_test, "autocorrelated", "no memory shown");
    // The residuals of a constant mean.
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let residuals: Vec<f64> = returns.iter().map(|it| it - mean).collect();
    let arch = arch_lm(&residuals, LAGS).map(|it| it.lm);
    add(
        section,
        &format!("ARCH-LM, {LAGS} lags"),
        arch,
        "variance clusters",
        "constant variance not excluded",
    );
    let figures = normal.as_ref();
    let one = |it: Result<f64, &Error>| vec![it.into(), Cell::from(""), Cell::from("")];
    section.row("skewness", one(figures.map(|it| it.skew)));
    section.row("kurtosis", one(figures.map(|it| it.kurtosis)));
}

fn add(section: &mut Section, name: &str, test: Result<Test, Error>, against: &str, otherwise: &str) {
    let cells = match test {
        Ok(it) => {
            let says = if it.p < LEVEL { against } else { otherwise };
            vec![it.statistic.into(), it.p.into(), says.into()]
        }
        Err(e) => vec![Cell::Undefined(e.to_string()), "".into(), "".into()],
    };
    section.row(name, cells);
}

/// Trials that led to the strategy whose returns are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// How many.
    pub count: f64,
    /// Variance of their Sharpe ratios per step; without it that of skill-less trials of this length.
    pub variance: Option<f64>,
}

/// What the Sharpe ratio of each column proves.
pub fn sharpe(sample: &Sample, tried: Tried, benchmark: f64) -> Result<Study, StudyError> {
    for (option, value) in [("benchmark", Some(benchmark)), ("variance", tried.variance)] {
        if let Some(value) = value.filter(|it| !it.is_finite()) {
            return Err(StudyError::Asked(format!("--{option}: expected a finite number, got {value}")));
        }
    }
    let mut section = Section::with_columns("Sharpe ratio", sample.names.iter().cloned());
    let mut rows: Vec<(&str, Vec<Cell>)> = Vec::new();
    let mut drawn = Vec::new();
    let mut headline = Vec::new();
    let mut absent: Vec<(usize, String)> = Vec::new();
    let per_step = benchmark / libm::sqrt(sample.per_year);
    let all: Vec<Result<SharpeSample, Error>> =
        sample.returns.iter().map(|it| SharpeSample::of(it)).collect();
    if let Some(Err(why)) = all.first().filter(|_| all.iter().all(Result::is_err)) {
        return Err(StudyError::of(&sample.names[0])(why.clone()));
    }
    for (at, it) in all.iter().enumerate() {
        let it = match it {
            Ok(it) => it,
            Err(why) => {
                absent.push((at, why.to_string()));
                continue;
            }
        };
        // Without skill a Sharpe ratio varies by one over the number of returns (Lo 2002).
        let variance = tried.variance.unwrap_or(1.0 / it.observations as f64);
        let trials = Trials { count: tried.count, variance };
        let annual = libm::sqrt(sample.per_year);
        if at < charts::COLUMNS_MAX {
            let best = (tried.count > 1.0).then(|| trials.expected_best().ok()).flatten();
            drawn.push(charts::resampled(sample, at, benchmark, best.map(|it| it * annual)));
        }
        if sample.names.len() == 1 {
            let known = Ok::<f64, Error>;
            let needed = it.minimum_length(per_step, 1.0 - LEVEL).map_err(rounded);
            headline = vec![
                figure("Sharpe ratio", Unit::Ratio, known(it.sharpe * annual), "annual"),
                figure(
                    "Probabilistic Sharpe ratio",
                    Unit::Share,
                    it.probabilistic(per_step),
                    "chance that the true one is above the benchmark",
                ),
                figure(
                    "Deflated Sharpe ratio",
                    Unit::Share,
                    it.deflated(trials),
                    "chance that it is above the best by luck",
                ),
                figure("Returns needed", Unit::Count, needed, "to prove it at 95 %"),
            ];
        }
        let column: [(&str, Cell); 9] = [
            ("per step", it.sharpe.into()),
            ("annual", (it.sharpe * annual).into()),
            ("standard error, annual", it.standard_error().map(|it| it * annual).into()),
            ("skewness", it.skew.into()),
            ("kurtosis", it.kurtosis.into()),
            ("probabilistic Sharpe ratio", it.probabilistic(per_step).into()),
            ("best by luck, annual", trials.expected_best().map(|it| it * annual).into()),
            ("deflated Sharpe ratio", it.deflated(trials).into()),
            ("returns needed", it.minimum_length(per_step, 1.0 - LEVEL).map_err(rounded).into()),
        ];
        for (row, (name, cell)) in column.into_iter().enumerate() {
            if rows.len() <= row {
                rows.push((name, Vec::new()));
            }
            rows[row].1.push(cell);
        }
    }
    for (at, why) in absent {
        rows.iter_mut().for_each(|row| row.1.insert(at, Cell::Undefined(why.clone())));
    }
    section.rows = rows.into_iter().map(|(name, cells)| (name.to_owned(), cells)).collect();
    let mut notes = sample.notes.clone();
    notes.push(format!(
        "{} declared. The probabilistic ratio is the chance that the true one is above the benchmark, {benchmark} a year; the deflated one, that it is above the best of so many trials without skill. So many returns are needed to prove it against the benchmark at 95 %. Per-step ratios with divisor n - 1, skewness and kurtosis of the population (Bailey and Lopez de Prado 2012, 2014).",
        count(tried.count, "trial")
    ));
    if tried.variance.is_none() && tried.count > 1.0 {
        notes.push("The variance of the trials' Sharpe ratios was not given: it is taken as that of trials without skill of the same length.".into());
    }
    notes.extend(drawn_of(sample));
    let title = format!("What {} returns prove", sample.steps());
    Ok(Study { title, sample: sample.described(), headline, sections: vec![section], charts: drawn, notes })
}

/// A ratio that is told with its reason needs no more digits than a ratio in the table.
fn rounded(error: Error) -> Error {
    match error {
        Error::Parameter { name, value, expected } => {
            Error::Parameter { name, value: (value * 1e4).round() / 1e4, expected }
        }
        other => other,
    }
}

/// How long a run must be before an annual Sharpe ratio is told from none, for returns shaped as normal ones.
pub fn power(sharpe: f64, per_year: f64) -> Result<Study, StudyError> {
    for (what, value) in [("the Sharpe ratio", sharpe), ("--periods-per-year", per_year)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(StudyError::Asked(format!("{what}: expected above 0, got {value}")));
        }
    }
    let mut section = Section::with_columns("Length of run", ["steps", "years"]);
    let per_step = sharpe / libm::sqrt(per_year);
    let mut lengths = Vec::new();
    for alpha in [0.1, 0.05, 0.01] {
        let steps = edge::required_length(per_step, 0.0, NORMAL_SHAPE, alpha, 1.0 - POWER);
        let steps = steps.map_err(StudyError::of("sharpe"))?;
        section.row(&format!("error {alpha}"), vec![steps.into(), (steps / per_year).into()]);
        lengths.push((alpha, steps));
    }
    let notes =
        vec![format!("One-sided, with a chance of {POWER} to find the edge if it is there; normal returns.")];
    Ok(Study {
        title: format!("How long until a Sharpe ratio of {sharpe} shows"),
        sample: format!("{per_year} steps a year"),
        charts: vec![charts::power(sharpe, per_year, NORMAL_SHAPE, &lengths, POWER)],
        sections: vec![section],
        notes,
        ..Study::default()
    })
}

/// Probability that the best of these strategies in the sample is below the median out of it.
pub fn overfitting(sample: &Sample, blocks: usize) -> Result<Study, StudyError> {
    let columns: Vec<&[f64]> = sample.returns.iter().map(Vec::as_slice).collect();
    if columns.len() < 2 {
        return Err(StudyError::Asked(format!(
            "{}: overfitting is asked of a choice among strategies, the table has one, {}: give a column for each that was tried",
            sample.table, sample.names[0]
        )));
    }
    let pbo = edge::probability_of_overfitting(&columns, blocks).map_err(StudyError::of("strategies"))?;
    let mut section = Section::new("Overfitting");
    section.say("strategies", columns.len());
    section.say("returns of each", sample.steps());
    section.say("returns left out at the start", pbo.left_out);
    section.say("ways to split", pbo.logits.len());
    section.say("probability of overfitting", pbo.pbo);
    section.say("probability of a loss out of sample", pbo.probability_of_loss);
    let mean = |it: &[f64]| it.iter().sum::<f64>() / it.len() as f64;
    section.say("Sharpe ratio of the chosen, in sample, per step", mean(&pbo.in_sample));
    section.say("Sharpe ratio of the chosen, out of sample, per step", mean(&pbo.out_of_sample));
    let mut notes = sample.notes.clone();
    notes.push(
        "Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017).".into(),
    );
    let known = Ok::<f64, Error>;
    Ok(Study {
        title: format!("Is the best of {} strategies luck?", columns.len()),
        sample: sample.described(),
        headline: vec![
            figure(
                "Probability of overfitting",
                Unit::Share,
                known(pbo.pbo),
                "best in sample, worse half out of it",
            ),
            figure(
                "Probability of a loss",
                Unit::Share,
                known(pbo.probability_of_loss),
                "of the chosen, out of sample",
            ),
            figure(
                "Sharpe ratio in sample",
                Unit::Ratio,
                known(mean(&pbo.in_sample)),
                "of the chosen, per step, mean",
            ),
            figure(
                "Sharpe ratio out of sample",
                Unit::Ratio,
                known(mean(&pbo.out_of_sample)),
                "of the chosen, per step, mean",
            ),
        ],
        charts: charts::splits(&pbo).into(),
        sections: vec![section],
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However slowly it grows.
    #[test]
    fn prices_that_grow_evenly_have_returns_that_do_not_vary() {
        for growth in [0.0, 1e-7, 1e-5, 1e-4, 1e-3, 0.01] {
            let prices: Vec<f64> =
                (0..3_000).map(|it| 100.0 * libm::pow(1.0 + growth, f64::from(it))).collect();
            let returns = prices.windows(2).map(|it| libm::log1p(it[1] / it[0] - 1.0)).collect();
            let returns = without_rounding(returns);
            for test in [jarque_bera(&returns).map(|_| ()), ljung_box(&returns, LAGS, 0).map(|_| ())] {
                assert!(matches!(test, Err(scalp_quant::Error::Constant { .. })), "{growth}: {test:?}");
            }
        }
        let moves = vec![0.0, 1e-14, 0.0, 3e-14];
        assert_eq!(without_rounding(moves.clone()), moves);
    }
}
