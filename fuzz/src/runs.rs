//! What a run is made from and what it leaves behind: the configuration, recorded round trips, the core as a journal
//! describes it, and the data of a page.

use scalp_config::Config;
use scalp_engine::Engine;
use scalp_lab::backtest::Plan;
use scalp_lab::{data, generate, replay, sweep};
use scalp_report::data::{CompareData, ReportData, RunSummary};
use scalp_report::terminal::{self, Style};
use scalp_sim::Exchange;
use scalp_sim::synthetic::Synthetic;
use scalp_strategy::shipped::Shipped;
use scalp_tables::symbols::Others;
use scalp_types::{EventStream, Genesis, InstrumentId, RunId};
use std::path::Path;

use crate::seeds;
use crate::stored::scratch;

/// A configuration, checked as far as `scalp backtest` and `scalp sweep` check it before they read data, and
/// everything built that is built from it.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(mut config) = Config::parse(text, Path::new("input.toml")) else { return };
    // Files beside it are not the subject here: the round trips have their own target.
    config.venue.latency.recorded = None;
    let _ = sweep::jobs(&config);
    let instruments = match config.data.is_empty() {
        true => {
            let Ok(market) = config.synthetic_parameters() else { return };
            let instruments = generate::instruments(&market);
            let mut market = Synthetic::new(market).expect("parameters that were checked make a market");
            for _ in 0..200 {
                let _ = market.next();
            }
            instruments
        }
        false => match config.instruments() {
            Ok(instruments) if !instruments.is_empty() => instruments,
            _ => return,
        },
    };
    for it in &config.data {
        let (path, instrument) = (Path::new("missing/input.csv"), instruments.get(InstrumentId(0)));
        assert!(data::open_telling(it, path, instrument, &Others::default(), &[]).is_err());
    }
    let Ok(plan) = Plan::<Shipped>::new(config, instruments) else { return };
    let _ = Exchange::new(&plan.instruments, &plan.exchange, 1);
    let Ok(strategy) = plan.strategy() else { return };
    let _ = Engine::new(&plan.genesis(), strategy, plan.engine.clone());
}

/// Recorded round trips, as a configuration names them.
pub fn latency(bytes: &[u8]) {
    let mut config = Config::parse("[strategy]", Path::new("input.toml")).expect("the least configuration");
    config.venue.latency.recorded = Some(scratch("trips.csv", bytes));
    let _ = config.latency();
}

/// The core as the first frame of a journal describes it.
pub fn core(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let genesis = Genesis {
        run: RunId(1),
        seed: 2,
        config_hash: [0; 32],
        instruments: seeds::instruments(),
        config: text.into(),
    };
    let _ = replay::rebuild::<Shipped>(&genesis);
}

/// What is kept of a run, read again for the page, the terminal and a comparison.
pub fn report(bytes: &[u8]) {
    let Ok(data) = serde_json::from_slice::<ReportData>(bytes) else { return };
    let style = Style::new(100, true);
    let _ = (terminal::summary(&data, style), scalp_report::page(&data));
    let figures = data.figures.into_iter().chain(data.risk).collect();
    let one = RunSummary { run: data.run, figures, equity: data.equity, horizon: data.returns.horizon };
    let _ = terminal::runs(std::slice::from_ref(&one), &["Net result", "Profit factor"], style);
    let both = CompareData { a: one.clone(), b: one };
    let _ = (terminal::compare(&both, style), scalp_report::compare(&both));
}
