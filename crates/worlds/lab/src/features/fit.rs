//! Fits the self-exciting process of `HAWKES` to the trades of a file: its parameters with standard errors, how well the process
//! explains the waits between trades, and the item to copy.

use super::plot::six;
use super::remarks::Remarks;
use super::table::{Holds, Table};
use super::{FeaturesError, PageError};
use scalp_features::flow::hawkes::{Fitted, Hawkes};
use scalp_market::{Market, MarketChange};
use scalp_quant::hypothesis::samples::ks_one_sample;
use scalp_report::Study;
use scalp_report::study::{Cell, Section};
use scalp_tables::eventfile::EventFile;
use scalp_types::{EventStream, Timestamp};
use std::path::Path;

/// Below this chance the process is said not to explain the waits.
const REFUSED_BELOW: f64 = 0.01;
/// Trades at one time that are told of, as a share of all.
const TIES_TOLD: f64 = 0.01;
const NANOS: f64 = 1e9;

/// A fit with what it was fitted to.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The process.
    pub fitted: Fitted,
    /// Seconds since the first trade at which the others came.
    pub times: Vec<f64>,
    /// The first trade and the last, nanoseconds since 1970.
    pub span: [i64; 2],
    /// What should be known of how the file was read.
    pub remarks: Remarks,
}

impl Answer {
    /// As it is written in a list.
    #[must_use]
    pub fn item(&self) -> String {
        let Hawkes { mu, alpha, beta } = self.fitted.process;
        format!("HAWKES({})", [mu, alpha, beta].map(six).join(","))
    }

    fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// Trades that came at the time of the one before.
    fn ties(&self) -> usize {
        let first = usize::from(self.times.first().is_some_and(|it| *it <= 0.0));
        first + self.times.windows(2).filter(|it| it[1] <= it[0]).count()
    }
}

/// Fits to all trades of a table, or of an event file.
pub fn answer(path: &Path, table: &Table) -> Result<Answer, PageError> {
    let mut at: Vec<i64> = match &table.holds {
        Holds::Trades(prints) => prints.iter().map(|it| it.at).collect(),
        Holds::Events(recorded) => of_events(recorded.path())?,
        _ => {
            return Err(
                FeaturesError::table(path, "it holds no trades: HAWKES is about when trades come").into()
            );
        }
    };
    at.sort_unstable();
    let [Some(first), Some(last)] = [at.first(), at.last()].map(|it| it.copied()) else {
        return Err(FeaturesError::table(path, "it holds no trades").into());
    };
    // The first trade begins the watch: what came before it is not known.
    let times: Vec<f64> = at.iter().skip(1).map(|it| it.abs_diff(first) as f64 / NANOS).collect();
    let end = times.last().copied().unwrap_or(0.0);
    let fitted = Hawkes::fit(&times, end).map_err(|e| FeaturesError::table(path, e.to_string()))?;
    let remarks = Remarks { read: table.remarks(), found: Vec::new() };
    Ok(Answer { fitted, times, span: [first, last], remarks })
}

fn of_events(path: &Path) -> Result<Vec<i64>, FeaturesError> {
    let fault = |what: String| FeaturesError::table(path, what);
    let file = EventFile::open(path).map_err(|e| fault(e.to_string()))?;
    let (mut stream, mut at) = (file.by_arrival(), Vec::new());
    let mut market = Market::new(file.instruments());
    while let Some(event) = stream.next().map_err(|e| fault(e.to_string()))? {
        // At the time at which a run counts it.
        let event = market.dated(&event);
        if let MarketChange::Trade = market.on_event(&event) {
            at.push(event.exchange_at.nanos());
        }
    }
    Ok(at)
}

/// The answer for people.
#[must_use]
pub fn study(path: &Path, answer: &Answer) -> Study {
    let Answer { fitted, times, span, remarks } = answer;
    let Fitted { process, log_likelihood } = *fitted;
    let (end, count) = (answer.end(), times.len());
    let errors = process.standard_errors(times, end);
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let time = |at: i64| Timestamp::from_nanos(at).to_string();
    let mut study = Study {
        title: "HAWKES fitted to trades".to_owned(),
        sample: format!("{name} \u{b7} {} trades, {} to {}", count + 1, time(span[0]), time(span[1])),
        ..Study::default()
    };
    let mut parameters = Section::of_records("Parameters", "parameter", ["value", "standard error"]);
    let error = |of: fn(&scalp_features::flow::hawkes::Errors) -> f64| Cell::from(errors.as_ref().map(of));
    parameters.row("mu", vec![process.mu.into(), error(|it| it.mu)]);
    parameters.row("alpha", vec![process.alpha.into(), error(|it| it.alpha)]);
    parameters.row("beta", vec![process.beta.into(), error(|it| it.beta)]);
    parameters.row("branching ratio", vec![process.branching().into(), error(|it| it.branching)]);
    study.sections.push(parameters);
    let rate = count as f64 / end;
    let poisson = count as f64 * (libm::log(rate) - 1.0);
    let waits = process.waits(times, end);
    let test = waits.and_then(|it| ks_one_sample(&it, |x| -libm::expm1(-x)));
    let mut fit = Section::new("Fit");
    fit.say("trades per second", rate);
    fit.say("seconds in which the excitement halves", std::f64::consts::LN_2 / process.beta);
    fit.say("log-likelihood", log_likelihood);
    fit.say("log-likelihood of trades at an even rate", poisson);
    fit.say(
        "largest distance of waits from an exponential",
        Cell::from(test.as_ref().map(|it| it.statistic)),
    );
    fit.say("chance of one so large (Kolmogorov and Smirnov)", Cell::from(test.as_ref().map(|it| it.p)));
    fit.say("trades at the time of the one before", answer.ties());
    study.sections.push(fit);
    study.notes.push(format!("Item: {}", answer.item()));
    study.notes.push(match &test {
        Ok(it) if it.p < REFUSED_BELOW => {
            "The process does not explain these trades: by its own clock (time change) the waits are no exponential ones. One speed of \
             fading is a first sketch of a market that has many; read its intensity as an order, and not as a rate."
                .to_owned()
        }
        Ok(_) => "By its own clock (time change) the waits are exponential, as far as this many trades can tell.".to_owned(),
        Err(why) => format!("The waits cannot be tested: {why}."),
    });
    if answer.ties() as f64 > TIES_TOLD * count as f64 {
        let part = 100.0 * answer.ties() as f64 / count as f64;
        study.notes.push(format!(
            "{part:.1} % of the trades stand at the time of the one before, as parts of one order do: beta then tells how fast an order \
             is filled rather than how a crowd calms down, and the test of the waits fails for that alone."
        ));
    }
    study.notes.push(
        "Greatest likelihood (Ozaki 1979) over all trades of both sides, as `HAWKES(...).intensity` counts them; standard errors are of \
         the observed information, and say nothing of parameters that change within the file."
            .to_owned(),
    );
    study.notes.extend(remarks.sentences());
    study
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use crate::features::{Beside, Cells};
    use scalp_features::measure::Print;
    use scalp_quant::rng::Key;

    /// Trades of a process by thinning (Ogata 1981), in microseconds.
    fn trades(process: Hawkes, end: f64) -> Table {
        let mut stream = Key::named(5, "fit").stream(0);
        let (mut now, mut excited, mut prints) = (0.0, 0.0, Vec::new());
        loop {
            let bound = process.mu + process.alpha * excited;
            let wait = -libm::log(1.0 - stream.uniform()) / bound;
            now += wait;
            excited *= libm::exp(-process.beta * wait);
            if now > end {
                break;
            }
            if stream.uniform() * bound <= process.mu + process.alpha * excited {
                excited += 1.0;
                let at = 1_700_000_000_000_000_000 + (now * 1e6) as i64 * 1_000;
                prints.push(Print { at, price: 100.0, size: 1.0, aggressor: None });
            }
        }
        let times: Vec<i64> = prints.iter().map(|it| it.at).collect();
        let (written, holds) = (Cells::Whole(times.clone()), Holds::Trades(prints));
        Table { times, written, time_name: "time".into(), holds, beside: Beside::default() }
    }

    #[test]
    fn what_was_simulated_is_found_within_its_errors_and_the_item_can_be_built() {
        let process = Hawkes { mu: 0.4, alpha: 0.9, beta: 1.5 };
        let table = trades(process, 10_000.0);
        let it = answer(Path::new("t.csv"), &table).unwrap();
        let errors = it.fitted.process.standard_errors(&it.times, it.end()).unwrap();
        let found = it.fitted.process;
        println!("{found:?} {errors:?}");
        for (found, want, error) in [
            (found.mu, 0.4, errors.mu),
            (found.alpha, 0.9, errors.alpha),
            (found.beta, 1.5, errors.beta),
            (found.branching(), 0.6, errors.branching),
        ] {
            assert!(
                (found - want).abs() < 3.0 * error && error < 0.1 * want,
                "{found} for {want} +- {error}"
            );
        }
        let told = study(Path::new("t.csv"), &it);
        assert!(told.notes[1].starts_with("By its own clock"), "{:?}", told.notes);
        let request = scalp_indicators::Request::parse(&it.item()).unwrap();
        scalp_features::flow::build(&request).unwrap();
    }

    /// Of an event file: a trade that is dated five hours after it came is where a run counts it.
    #[test]
    fn one_stamp_hours_ahead_moves_no_fit() {
        use scalp_tables::eventfile::EventWriter;
        use scalp_types::{
            InstrumentId, InstrumentSpec, Instruments, MarketBody, MarketEvent, Price, Qty, Side, Trade,
            TradeId,
        };
        let folder = tempfile::tempdir().unwrap();
        let (base, quote, symbol) = ("B".into(), "Q".into(), "S".into());
        let spec = InstrumentSpec { base, quote, symbol, ..InstrumentSpec::unlimited() };
        let all = Instruments::new(vec![spec]).unwrap();
        let table = trades(Hawkes { mu: 0.4, alpha: 0.9, beta: 1.5 }, 2_000.0);
        let Holds::Trades(prints) = &table.holds else { panic!("trades") };
        let of = |name: &str, wrong: usize| {
            let path = folder.path().join(name);
            let mut writer = EventWriter::create(&path, &all).unwrap();
            for (n, it) in prints.iter().enumerate() {
                let arrived_at = Timestamp::from_nanos(it.at);
                let ahead = if n == wrong { 5 * 3_600_000_000_000 } else { 0 };
                let taker = Side::Buy;
                let trade = Trade { id: TradeId(0), price: Price::new(100), qty: Qty::new(1), taker };
                let (instrument, exchange_at) = (InstrumentId(0), Timestamp::from_nanos(it.at + ahead));
                let event =
                    MarketEvent { instrument, exchange_at, arrived_at, body: MarketBody::Trade(trade) };
                writer.push(&event).unwrap();
            }
            writer.finish().unwrap();
            let table = crate::features::read_all(std::slice::from_ref(&path), &[]).unwrap();
            answer(&path, &table).unwrap()
        };
        let (right, wrong) = (of("right.events", usize::MAX), of("wrong.events", 500));
        assert_eq!(wrong.span, right.span);
        let [right, wrong] = [right.fitted.process, wrong.fitted.process];
        assert!((wrong.mu / right.mu - 1.0).abs() < 0.01 && (wrong.beta / right.beta - 1.0).abs() < 0.01);
    }

    #[test]
    fn trades_of_one_instant_are_told_and_what_holds_none_is_refused() {
        let mut table = trades(Hawkes { mu: 0.4, alpha: 0.9, beta: 1.5 }, 500.0);
        let Holds::Trades(prints) = &mut table.holds else { panic!("trades") };
        let twice: Vec<Print> = prints.iter().flat_map(|it| [*it, *it]).collect();
        *prints = twice;
        let it = answer(Path::new("t.csv"), &table).unwrap();
        let told = study(Path::new("t.csv"), &it);
        assert!(told.notes[1].starts_with("The process does not explain"), "{:?}", told.notes);
        assert!(told.notes[2].contains("stand at the time of the one before"), "{:?}", told.notes);
        let bars = Table::candles(vec![0, 60], std::array::from_fn(|_| vec![1.0, 2.0]), vec![1.0, 1.0]);
        assert!(answer(Path::new("b.csv"), &bars).unwrap_err().to_string().contains("it holds no trades"));
        let Holds::Trades(prints) = &mut table.holds else { panic!("trades") };
        prints.truncate(5);
        assert!(answer(Path::new("t.csv"), &table).is_err());
    }
}
