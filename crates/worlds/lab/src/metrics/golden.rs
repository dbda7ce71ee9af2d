//! Agreement with independent libraries (empyrical, quantstats, scipy) on 5,000 hourly closes.

use super::{bootstrap, drawdown::drawdown, ratio, sampling, significance::*, tails, trades};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden");

fn read(path: &str) -> String {
    let path = format!("{GOLDEN}/{path}");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("the reference file {path} is needed: {e}"))
}

fn closes() -> Vec<f64> {
    let text = read("input/eurusd_1h.csv");
    text.lines().skip(1).map(|line| line.split(',').nth(4).unwrap().parse().unwrap()).collect()
}

struct Expected(serde_json::Value);

impl Expected {
    fn load() -> Self {
        Self(serde_json::from_str(&read("risk/eurusd_close_as_hourly.json")).unwrap())
    }
    fn number(&self, path: &str) -> f64 {
        let mut at = &self.0["series"];
        for part in path.split('/') {
            at = &at[part];
        }
        at.as_f64().unwrap_or_else(|| panic!("no {path} in the reference"))
    }
    #[track_caller]
    fn check(&self, path: &str, got: f64) {
        let want = self.number(path);
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-9), "{path}: got {got}, want {want}");
    }
}

#[test]
fn returns_ratios_and_drawdown_agree_with_the_references() {
    let (closes, want) = (closes(), Expected::load());
    let returns = sampling::returns(&closes).unwrap();
    let year = want.number("ann");
    want.check("n", returns.len() as f64);
    let annual = ratio::annual_return(&returns, year).unwrap();
    let fall = drawdown(&closes).unwrap();
    want.check("annual_return", annual);
    want.check("annual_vol", ratio::volatility(&returns, year).unwrap());
    want.check("sharpe", ratio::sharpe(&returns, year).unwrap());
    want.check("sortino", ratio::sortino(&returns, year).unwrap());
    want.check("max_drawdown", -fall.depth);
    want.check("calmar", ratio::calmar(annual, fall.depth).unwrap());
    want.check("omega_0", ratio::omega(&returns).unwrap());
    want.check("qs_profit_factor", trades::profit_factor(&returns).unwrap());
    want.check("qs_payoff", trades::payoff(&returns).unwrap());
    want.check("longest_drawdown_bars", fall.longest as f64);
}

#[test]
fn tails_agree_with_the_references() {
    let (returns, want) = (sampling::returns(&closes()).unwrap(), Expected::load());
    let (skew, kurtosis) = ratio::shape(&returns).unwrap();
    want.check("skew_biased", skew);
    want.check("kurt_nonexcess_biased", kurtosis);
    for (level, name) in [(0.95, "0.95"), (0.99, "0.99")] {
        let tail = tails::historical(&returns, level).unwrap();
        want.check(&format!("hist_var_{name}"), tail.value_at_risk);
        want.check(&format!("hist_cvar_{name}"), tail.expected_shortfall);
        let expansion = tails::cornish_fisher_unchecked(&returns, level, skew, kurtosis - 3.0);
        want.check(&format!("cornish_fisher_var_{name}"), expansion);
        // The series is far outside the range of the expansion, so the public function refuses it.
        assert!(tails::cornish_fisher(&returns, level).is_err());
    }
}

#[test]
fn probabilistic_and_deflated_sharpe_ratios_agree_with_the_references() {
    let (returns, want) = (sampling::returns(&closes()).unwrap(), Expected::load());
    let sample = SharpeSample::of(&returns).unwrap();
    want.check("sr_per_period_ddof1", sample.sharpe);
    want.check("psr_vs_0", sample.probabilistic(0.0).unwrap());
    want.check("psr_vs_0.02", sample.probabilistic(0.02).unwrap());
    want.check("min_track_record_len_vs0_95", sample.returns_needed(0.0, 0.95).unwrap());
    for (name, count, variance) in
        [("N10_V0.0004", 10, 0.0004), ("N100_V0.0004", 100, 0.0004), ("N1000_V0.0009", 1000, 0.0009)]
    {
        let trials = Trials { count, variance };
        want.check(&format!("dsr_{name}/sr0"), expected_maximum(trials).unwrap());
        want.check(&format!("dsr_{name}/dsr"), sample.deflated(trials).unwrap());
    }
}

#[test]
fn a_bootstrap_of_real_returns_straddles_what_happened() {
    let returns = sampling::returns(&closes()).unwrap();
    let plan = bootstrap::Plan { resamples: 500, ..bootstrap::Plan::new(6240.0, 1) };
    let got = bootstrap::returns(&returns, plan).unwrap();
    let total = ratio::total_return(&returns).unwrap();
    assert!(got.total_return.p5 < total && total < got.total_return.p95);
    let sharpe = got.sharpe.unwrap();
    assert!(sharpe.p5 < 2.35 && 2.35 < sharpe.p95);
}
