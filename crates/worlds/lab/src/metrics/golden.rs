//! The figures of a run agree with independent libraries (empyrical, quantstats, scipy) on 5,000 hourly closes.

use super::sampling::Sampled;
use super::{Performance, trades};
use scalp_quant::edge::Trials;
use scalp_types::{Span, Timestamp};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden");

fn read(path: &str) -> String {
    let path = format!("{GOLDEN}/{path}");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("the reference file {path} is needed: {e}"))
}

#[test]
fn figures_agree_with_the_references() {
    let equity: Vec<f64> = read("input/eurusd_1h.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(4).unwrap().parse().unwrap())
        .collect();
    let golden: serde_json::Value = serde_json::from_str(&read("risk/eurusd_close_as_hourly.json")).unwrap();
    let want = |path: &str| {
        let found = path.split('/').fold(&golden["series"], |at, part| &at[part]);
        found.as_f64().unwrap_or_else(|| panic!("no {path} in the reference"))
    };
    // The references count 6,240 hours in a year: a step of such a length that 365 days hold as many.
    let step = Span::from_nanos((365.0 * 86_400e9 / want("ann")).round() as i64);
    let sampled = Sampled { first: Timestamp::from_secs(0).unwrap(), step, equity };
    let returns = sampled.returns().unwrap();
    let got = Performance::of(&sampled, Some(Trials { count: 100.0, variance: 0.000_4 }));
    let drawdown = got.drawdown.unwrap();
    let year = want("ann").sqrt();
    let mut worst = 0.0_f64;
    for (path, got, want) in [
        ("n", got.returns as f64, want("n")),
        ("annual return", got.annual_return.unwrap(), want("annual_return")),
        ("volatility", got.volatility.unwrap(), want("annual_vol")),
        ("Sharpe", got.sharpe.unwrap(), want("sharpe")),
        ("Sortino", got.sortino.unwrap(), want("sortino")),
        ("Calmar", got.calmar.unwrap(), want("calmar")),
        ("drawdown", -drawdown.max, want("max_drawdown")),
        ("longest drawdown", drawdown.longest as f64, want("longest_drawdown_bars")),
        ("VaR 95", got.tail_95.clone().unwrap().value_at_risk, want("hist_var_0.95")),
        ("ES 95", got.tail_95.unwrap().expected_shortfall, want("hist_cvar_0.95")),
        ("VaR 99", got.tail_99.clone().unwrap().value_at_risk, want("hist_var_0.99")),
        ("ES 99", got.tail_99.unwrap().expected_shortfall, want("hist_cvar_0.99")),
        ("PSR", got.probabilistic_sharpe.unwrap(), want("psr_vs_0")),
        ("DSR", got.deflated_sharpe.unwrap(), want("dsr_N100_V0.0004/dsr")),
        ("luck", got.luck_sharpe.unwrap() / year, want("dsr_N100_V0.0004/sr0")),
        ("returns needed", got.returns_needed.unwrap(), want("min_track_record_len_vs0_95")),
        ("profit factor", trades::profit_factor(&returns).unwrap(), want("qs_profit_factor")),
        ("payoff", trades::payoff(&returns).unwrap(), want("qs_payoff")),
    ] {
        let off = (got - want).abs() / want.abs();
        println!("{path}: got {got}, want {want}, off by {off:.1e}");
        worst = worst.max(off);
    }
    println!("worst relative deviation {worst:.1e}");
    assert!(worst < 1e-9);
}
