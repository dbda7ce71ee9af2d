//! Fits the self-exciting process of `HAWKES` to the trades of a file: its parameters with standard errors, how well the process
//! explains the waits between trades, and the item to copy.

use super::plot::six;
use super::remarks::Remarks;
use super::table::{Holds, Table};
use super::{FeaturesError, PageError};
use scalp_features::flow::hawkes::{Edge, Errors, Fitted, Hawkes};
use scalp_indicators::Request;
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
/// In place of the parameters where they are no estimate.
const NO_PEAK: &str = "the likelihood has no peak";

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
    /// As it is written in a list, or why a list cannot have it.
    pub fn item(&self) -> Result<String, String> {
        self.errors()?;
        let Hawkes { mu, alpha, beta } = self.fitted.process;
        let item = format!("HAWKES({})", [mu, alpha, beta].map(six).join(","));
        let built = Request::parse(&item).and_then(|it| scalp_features::flow::build(&it).map(drop));
        built.map(|()| item).map_err(|why| format!("The parameters are beyond what HAWKES takes: {why}."))
    }

    /// The standard errors, or why the process is no estimate: where the likelihood has no peak.
    pub fn errors(&self) -> Result<Errors, String> {
        let Fitted { process, edge, .. } = self.fitted;
        let Some(edge) = edge else {
            let errors = process.standard_errors(&self.times, self.end());
            return errors.map_err(|why| format!("The likelihood has no peak where it is greatest: {why}."));
        };
        let half = six(std::f64::consts::LN_2 / process.beta);
        let what = match edge {
            Edge::Fastest if self.ties() > 0 => format!(
                "It still rises where the excitement halves in {half} s, the fastest fading that is searched: trades at the time of \
                 the one before ({:.1} %, as parts of one order are) are the likelier the faster it fades, without end",
                self.ties_percent()
            ),
            Edge::Fastest => {
                format!(
                    "It still rises where the excitement halves in {half} s, the fastest fading that is searched"
                )
            }
            Edge::Slowest => {
                format!(
                    "It still rises where the excitement halves in {half} s, the slowest fading that is searched"
                )
            }
            Edge::NoChildren => "It is greatest where no trade brings another, as at an even rate".to_owned(),
            Edge::Explodes => {
                "It still rises where each trade brings another, and the process explodes".to_owned()
            }
            Edge::NoneAlone => "It still rises where hardly a trade comes by itself".to_owned(),
            Edge::AllAlone => "It still rises where more trades come by themselves than there are".to_owned(),
        };
        Err(format!("The likelihood has no peak among the processes that are searched. {what}."))
    }

    fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// Trades that came at the time of the one before.
    fn ties(&self) -> usize {
        let first = usize::from(self.times.first().is_some_and(|it| *it <= 0.0));
        first + self.times.windows(2).filter(|it| it[1] <= it[0]).count()
    }

    fn ties_percent(&self) -> f64 {
        100.0 * self.ties() as f64 / self.times.len() as f64
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

/// The answer for people: without a peak of the likelihood no parameters, but why there are none.
#[must_use]
pub fn study(path: &Path, answer: &Answer) -> Study {
    let Answer { fitted, times, span, remarks } = answer;
    let Fitted { process, log_likelihood, .. } = *fitted;
    let (end, count) = (answer.end(), times.len());
    let errors = answer.errors();
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let time = |at: i64| Timestamp::from_nanos(at).to_string();
    let mut study = Study {
        title: "HAWKES fitted to trades".to_owned(),
        sample: format!("{name} \u{b7} {} trades, {} to {}", count + 1, time(span[0]), time(span[1])),
        ..Study::default()
    };
    let mut parameters = Section::of_records("Parameters", "parameter", ["value", "standard error"]);
    // What is told of the process, where it is an estimate.
    let told = |value: f64| errors.as_ref().map_or(Cell::Undefined(NO_PEAK.to_owned()), |_| value.into());
    let error = |of: fn(&Errors) -> f64| {
        errors.as_ref().map_or(Cell::Undefined(NO_PEAK.to_owned()), |it| of(it).into())
    };
    parameters.row("mu", vec![told(process.mu), error(|it| it.mu)]);
    parameters.row("alpha", vec![told(process.alpha), error(|it| it.alpha)]);
    parameters.row("beta", vec![told(process.beta), error(|it| it.beta)]);
    parameters.row("branching ratio", vec![told(process.branching()), error(|it| it.branching)]);
    study.sections.push(parameters);
    let rate = count as f64 / end;
    let poisson = count as f64 * (libm::log(rate) - 1.0);
    let test = errors.as_ref().map_err(|_| NO_PEAK.to_owned()).and_then(|_| {
        let waits = process.waits(times, end);
        waits.and_then(|it| ks_one_sample(&it, |x| -libm::expm1(-x))).map_err(|why| why.to_string())
    });
    let mut fit = Section::new("Fit");
    fit.say("trades per second", rate);
    fit.say("seconds in which the excitement halves", told(std::f64::consts::LN_2 / process.beta));
    fit.say("log-likelihood", told(log_likelihood));
    fit.say("log-likelihood of trades at an even rate", poisson);
    fit.say(
        "largest distance of waits from an exponential",
        Cell::from(test.as_ref().map(|it| it.statistic)),
    );
    fit.say("chance of one so large (Kolmogorov and Smirnov)", Cell::from(test.as_ref().map(|it| it.p)));
    fit.say("trades at the time of the one before", answer.ties());
    study.sections.push(fit);
    study.notes.push(match (&errors, answer.item()) {
        (Err(why), _) => format!("Nothing was found. {why}"),
        (_, Err(why)) => why,
        (_, Ok(item)) => format!("Item: {item}"),
    });
    if errors.is_err() {
        study.notes.extend(remarks.sentences());
        return study;
    }
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
        study.notes.push(format!(
            "{:.1} % of the trades stand at the time of the one before, as parts of one order do: beta then tells how fast an order \
             is filled rather than how a crowd calms down, and the test of the waits fails for that alone.",
            answer.ties_percent()
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
        assert!(told.notes[0].starts_with("Item: HAWKES("), "{:?}", told.notes);
        let request = Request::parse(&it.item().unwrap()).unwrap();
        scalp_features::flow::build(&request).unwrap();
        // The same trades a hundred million times as fast are beyond what the measure takes.
        let mut fast = it.clone();
        fast.times.iter_mut().for_each(|it| *it /= 1e8);
        let Hawkes { mu, alpha, beta } = it.fitted.process;
        fast.fitted.process = Hawkes { mu: 1e8 * mu, alpha: 1e8 * alpha, beta: 1e8 * beta };
        let told = study(Path::new("t.csv"), &fast).notes;
        assert!(
            told[0].starts_with("The parameters are beyond what HAWKES takes: HAWKES.mu must be"),
            "{told:?}"
        );
        assert!(told.iter().all(|it| !it.contains("HAWKES(4")), "{told:?}");
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
        let of = |every: usize| {
            let mut table = table.clone();
            let Holds::Trades(prints) = &mut table.holds else { panic!("trades") };
            let twice =
                |(row, it): (usize, &Print)| if row % every == 0 { vec![*it, *it] } else { vec![*it] };
            *prints = prints.iter().enumerate().flat_map(twice).collect();
            let it = answer(Path::new("t.csv"), &table).unwrap();
            (study(Path::new("t.csv"), &it), it)
        };
        // A few leave a peak, and are told.
        let (told, few) = of(60);
        assert_eq!(few.fitted.edge, None);
        assert!(told.notes[0].starts_with("Item: HAWKES("), "{:?}", told.notes);
        assert!(
            told.notes.iter().any(|it| it.contains("stand at the time of the one before")),
            "{:?}",
            told.notes
        );
        // With many the likelihood rises to the edge of the search, which tells of the search alone.
        let (told, many) = of(1);
        assert_eq!(many.fitted.edge, Some(Edge::Fastest));
        assert!(
            told.notes[0].starts_with("Nothing was found. The likelihood has no peak"),
            "{:?}",
            told.notes
        );
        assert!(told.notes[0].contains(" %, as parts of one order are)"), "{:?}", told.notes);
        assert!(told.notes.iter().all(|it| !it.contains("HAWKES(")), "{:?}", told.notes);
        let cells = |name: &str| {
            let section = told.sections.iter().find(|it| it.name == name).unwrap();
            section.rows.iter().flat_map(|it| it.1.clone()).collect::<Vec<_>>()
        };
        let parameters = cells("Parameters");
        assert!(parameters.len() == 8 && parameters.iter().all(|it| matches!(it, Cell::Undefined(_))));
        assert!(matches!(cells("Fit")[1], Cell::Undefined(_)) && matches!(cells("Fit")[0], Cell::Number(_)));
        let bars = Table::candles(vec![0, 60], std::array::from_fn(|_| vec![1.0, 2.0]), vec![1.0, 1.0]);
        assert!(answer(Path::new("b.csv"), &bars).unwrap_err().to_string().contains("it holds no trades"));
        let Holds::Trades(prints) = &mut table.holds else { panic!("trades") };
        prints.truncate(5);
        assert!(answer(Path::new("t.csv"), &table).is_err());
    }
}
