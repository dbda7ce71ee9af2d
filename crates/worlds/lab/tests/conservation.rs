//! Money is neither made nor lost, end to end: over random markets, strategies, fees, rebates, funding, latencies and
//! faults the books of the core are those of the exchange, to the last unit, and every order ends once.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_engine::{Engine, Fault, Record, RecordBody};
use scalp_journal::recover::snapshots_of;
use scalp_journal::{Snapshots, Writer, WriterConfig};
use scalp_lab::backtest::Plan;
use scalp_lab::drive::{Watch, WatchError};
use scalp_lab::observer::{Keeping, Observer};
use scalp_lab::outcome::{Outcome, TripLine};
use scalp_sim::synthetic::{Synthetic, SyntheticConfig};
use scalp_sim::{Kept, Order, StoredEvent};
use scalp_strategy::Shipped;
use scalp_types::rng::Stream;
use scalp_types::{
    Event, EventStream, Instruments, Money, OrderId, OrderStatus, Qty, Side, Timestamp, VenueRequest,
};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use support::{House, drive_with, house, plan_of};

const SESSIONS: u64 = 600;
const SESSIONS_WITH_LOSS: u64 = 200;

/// What one session leaves behind.
#[derive(Default)]
struct Seen {
    outcome: Outcome,
    /// How often each order ended.
    ended: HashMap<OrderId, u32>,
    submits: HashMap<OrderId, u32>,
}

impl Watch<Shipped> for Seen {
    fn on_event(&mut self, _: &Event<'_>, _: &Engine<Shipped>) -> Result<(), WatchError> {
        Ok(())
    }
    fn on_request(&mut self, request: &VenueRequest) -> Result<(), WatchError> {
        if let VenueRequest::Submit(it) = request {
            *self.submits.entry(it.id).or_default() += 1;
        }
        Ok(())
    }
    fn on_record(&mut self, record: &Record) {
        if let RecordBody::Ended(it) = &record.body {
            *self.ended.entry(it.order.id).or_default() += 1;
        }
        self.outcome.take(record);
    }
    fn on_snapshot(&mut self, _: &Engine<Shipped>) -> Result<(), WatchError> {
        Ok(())
    }
}

/// A few minutes of a market around a funding time, with one or two instruments and sometimes a crash.
fn market(seed: u64, dice: &mut Stream) -> (Instruments, Arc<[StoredEvent]>) {
    let minutes = 1.0 + dice.uniform() * 2.0;
    let two = if dice.below(3) == 0 {
        "[[instruments]]\n[[instruments]]\nsymbol = \"ETHUSDT\"\nbase = \"ETH\"\nprice = 3000\ntick = 0.01\n"
    } else {
        ""
    };
    let crash = if dice.below(3) == 0 {
        // Some fall so fast that nothing is left to liquidate at.
        let (depth, fall) = if dice.below(2) == 0 { (0.25, 20) } else { (0.7, 1) };
        &format!(
            "[[crashes]]\nat_minutes = 0.5\ndepth = {depth}\nfall_seconds = {fall}\nrecovery_seconds = 30\nrecovered = 0.5\n"
        )
    } else {
        ""
    };
    let text = format!("seed = {seed}\nhours = {}\n{two}{crash}", minutes / 60.0);
    let mut config: SyntheticConfig = toml::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    // The venue's funding time falls into the session.
    config.start = Timestamp::from_date(2025, 1, 1).unwrap() + scalp_types::Span::from_secs(8 * 3_600 - 40);
    let instruments = Instruments::new(config.instrument_specs()).unwrap();
    let mut market = Synthetic::new(config).unwrap();
    let mut all = Vec::new();
    while let Some(event) = market.next().unwrap() {
        all.push(StoredEvent::new(&event));
    }
    (instruments, all.into())
}

/// A random configuration.
fn config(seed: u64, two: bool, heavy: bool, dice: &mut Stream) -> String {
    let mut text = format!("[run]\nseed = {seed}\n[account]\n");
    let poor = dice.below(3) == 0;
    let balance = if poor { 200 + dice.below(800) } else { 100_000 };
    let margin = ["cross", "isolated"][dice.below(2) as usize];
    let leverage = if poor { 50 } else { 1 + dice.below(20) };
    writeln!(text, "balances = {{ USDT = {balance} }}\nmargin = \"{margin}\"\nleverage = {leverage}")
        .unwrap();
    writeln!(text, "[venue]\nwhole_fills = {}", dice.below(4) == 0).unwrap();
    writeln!(text, "no_margin_check = {}", dice.below(3) == 0).unwrap();
    writeln!(text, "liquidation_share = {}", [1.0, 0.5, 0.2][dice.below(3) as usize]).unwrap();
    let maker = ["-0.0001", "0", "0.0002", "0.00031"][dice.below(4) as usize];
    writeln!(text, "fees = {{ maker = {maker}, taker = 0.00047, tiers = [{{ volume = 50000, maker = -0.00005, taker = 0.0003 }}] }}").unwrap();
    let (entry, response) = (dice.below(200), dice.below(200));
    let sigma = if dice.below(2) == 0 { 0.0 } else { dice.uniform() };
    writeln!(
        text,
        "latency = {{ entry = \"{entry}ms\", response = \"{response}ms\", log_sigma = {sigma:.3}, \
         spike_share = {:.3}, spike_mean = \"400ms\", overtaking = {} }}",
        dice.uniform() * 0.05,
        dice.below(3) == 0
    )
    .unwrap();
    let queue = ["\"risk-averse\"", "\"power\", n = 2.0", "\"log\""][dice.below(3) as usize];
    writeln!(text, "queue = {{ model = {queue} }}").unwrap();
    let beyond = ["\"nothing\"", "\"worse\", ticks = 7"][dice.below(2) as usize];
    writeln!(text, "beyond = {{ model = {beyond} }}").unwrap();
    if heavy {
        // Three replies of ten are lost, and for ten seconds nothing is answered at all.
        let start = Timestamp::from_date(2025, 1, 1).unwrap() + scalp_types::Span::from_secs(8 * 3_600 - 10);
        let end = start + scalp_types::Span::from_secs(10);
        writeln!(
            text,
            "faults = {{ reject = 0.05, lose_request = {:.3}, lose_reply = 0.3, repeat_reply = {:.3}, \
             late_reply = {:.3}, late_by = \"900ms\", outages = [[\"{start}\", \"{end}\"]] }}",
            dice.uniform() * 0.3,
            dice.uniform() * 0.1,
            dice.uniform() * 0.1
        )
        .unwrap();
    } else if dice.below(2) == 0 {
        writeln!(
            text,
            "faults = {{ reject = {:.3}, lose_request = {:.3}, repeat_reply = {:.3}, late_reply = {:.3}, late_by = \"700ms\" }}",
            dice.uniform() * 0.1,
            dice.uniform() * 0.1,
            dice.uniform() * 0.1,
            dice.uniform() * 0.1
        )
        .unwrap();
    }
    if dice.below(4) == 0 {
        text += "limits = { orders_10s = 30 }\n";
    }
    text += &strategy(two, dice);
    text
}

fn strategy(two: bool, dice: &mut Stream) -> String {
    let instrument = if two { "instrument = \"BTCUSDT\"\n" } else { "" };
    match dice.below(4) {
        0 => format!(
            "[strategy]\nname = \"grid\"\n{instrument}interval_ms = {}\nlevels = {}\nspacing_ticks = {}\n\
             half_spread_ticks = {}\nskew_ticks = {}\norder_qty = 0.01\nposition_units_max = {}\n",
            50 + dice.below(400),
            1 + dice.below(6),
            1 + dice.below(8),
            1 + dice.below(5),
            dice.below(3),
            1 + dice.below(12)
        ),
        1 => format!(
            "[bars]\ntrades = {}\n[strategy]\nname = \"cross\"\n{instrument}fast = 2\nslow = 5\norder_qty = 0.{:03}\n",
            2 + dice.below(6),
            5 + dice.below(400)
        ),
        2 => format!(
            "[bars]\ntime = \"1s\"\n[strategy]\nname = \"trend\"\nentry_bars = 6\nexit_bars = {}\natr_bars = 4\n\
             stop_atr = 1.5\ntake_atr = {}\ntrail_atr = {}\nrisk = 0.002\ncooldown_bars = 1\n",
            dice.below(2) * 4,
            1 + dice.below(3),
            dice.below(2) * 2
        ),
        _ => format!(
            "[bars]\ntrades = 3\n[strategy]\nname = \"random-entry\"\n{instrument}entry_probability = 0.2\n\
             holding_bars = {}\norder_qty = 0.{:03}\n",
            1 + dice.below(9),
            1 + dice.below(300)
        ),
    }
}

#[test]
fn a_venue_that_never_answers_leaves_books_that_the_summary_does_not_vouch_for() {
    let (instruments, events) = market(5, &mut Stream::named(5, "lost answers"));
    let run = |lost: f64| {
        let text = format!(
            "[account]\nbalances = {{ USDT = 100000 }}\n[venue.faults]\nlose_reply = {lost}\n[bars]\ntrades = 3\n\
             [strategy]\nname = \"random-entry\"\nentry_probability = 0.2\nholding_bars = 3\norder_qty = 0.01\n"
        );
        let plan = plan_of(&text, instruments.clone());
        let kept = |order| Kept::new(events.clone(), order);
        let looks = scalp_lab::backtest::Looks::default();
        scalp_lab::backtest::run_feeds(&plan, kept(Order::Exchange), Some(kept(Order::Arrival)), looks)
            .unwrap()
            .summary
    };
    let (whole, lossy, deaf) = (run(0.0), run(0.5), run(1.0));
    assert!(whole.fills > 0 && !whole.unreconciled && whole.look_ups == 0, "{whole:?}");
    assert!(
        lossy.fills > 0 && !lossy.unreconciled && lossy.look_ups > 10,
        "what was lost is told again: {lossy:?}"
    );
    assert!(deaf.fills == 0 && deaf.unreconciled && deaf.faults > 0, "{deaf:?}");
}

/// Totals over all sessions: a law that nothing ever touched would prove nothing.
#[derive(Debug, Default)]
struct Touched {
    fills: usize,
    makers: usize,
    funding: usize,
    liquidations: u64,
    covered: u64,
    rejects: u64,
    duplicates: u64,
    orders: usize,
    open: usize,
}

/// `in_order`: fills came to the core in the order in which they happened.
fn check(seed: u64, in_order: bool, house: &House<Kept>, seen: &mut Seen, touched: &mut Touched) {
    let House { world, engine, .. } = house;
    let exchange = world.exchange();
    let (ours, theirs) = (engine.ledger(), exchange.ledger());
    seen.outcome.settle(engine.instruments());
    let outcome = &seen.outcome;
    let asset = engine.instruments().iter().next().unwrap().settle;
    let opening = ours.wallet(asset).brought_by(scalp_ledger::Cause::Opening);

    let (mut realised, mut fees, mut funding, mut liquidation) = Default::default();
    for it in engine.instruments().iter() {
        let (a, b) = (ours.position(it.id), theirs.position(it.id));
        let name = it.name();
        assert_eq!((a.qty, a.fees, a.funding), (b.qty, b.fees, b.funding), "seed {seed}: {name}");
        assert_eq!((a.cost, a.realised), (b.cost, b.realised), "seed {seed}: {name}");
        let of_it = outcome.fills.iter().filter(|fill| fill.instrument == it.id);
        let sum: i64 = of_it.map(|fill| signed(fill.fill.side, fill.fill.qty)).sum();
        assert_eq!(sum, a.qty.get(), "seed {seed}: fills of {} make its position", it.name());
        realised += a.realised;
        fees += a.fees;
        funding += a.funding;
        liquidation += a.liquidation_fees;
    }
    let booked: Money = outcome.fills.iter().map(|it| it.realised).sum();
    assert!(!in_order || outcome.adopted.is_empty(), "seed {seed}: nothing to take over");
    let sums: (Money, Money) = (booked, outcome.fills.iter().map(|it| it.fill.fee).sum());
    assert_eq!(sums, (realised, fees), "seed {seed}: profit and fees of the fills");
    let bankruptcy = ours.wallet(asset).brought_by(scalp_ledger::Cause::Bankruptcy);
    let balance = ours.balance(asset);
    assert_eq!(
        opening + realised - fees + funding - liquidation + bankruptcy,
        balance,
        "seed {seed}: opening, profit, fees, funding and liquidations make the balance"
    );
    assert_eq!(balance, theirs.balance(asset), "seed {seed}: our books are the exchange's");
    assert!(scalp_lab::summary::is_reconciled(ours, theirs, engine.instruments()), "seed {seed}");
    let lines: Money = outcome.balances.iter().map(|it| it.amount).sum();
    let last = outcome.balances.last().map_or(opening, |it| it.after);
    let first = outcome.balances.first().map_or(opening, |it| it.after - it.amount);
    assert_eq!((first + lines, last), (balance, balance), "seed {seed}: the lines of the ledger");
    assert_eq!(ours.audit(engine.instruments()), Ok(()), "seed {seed}");
    assert_eq!(theirs.audit(engine.instruments()), Ok(()), "seed {seed}");

    let changed: Money = outcome.trips.iter().map(TripLine::net).sum();
    let under_way: Money = outcome.under_way.values().copied().sum();
    assert_eq!(opening + changed + under_way, balance, "seed {seed}: round trips make the balance");
    let covered: Money = outcome.trips.iter().map(|it| it.taken_over).sum();
    touched.covered += u64::from(!covered.is_zero());

    check_orders(seed, engine, seen, touched);
    touched.fills += outcome.fills.len();
    touched.makers +=
        outcome.fills.iter().filter(|it| it.fill.liquidity == scalp_types::Liquidity::Maker).count();
    touched.funding += outcome.account.len();
    touched.liquidations += exchange.counts().liquidations;
    touched.rejects += exchange.counts().rejects;
    touched.duplicates += engine.orders().counters().duplicate_fills;
}

/// Each order that was sent has ended once or is still at work; nothing traded more than its size.
fn check_orders(seed: u64, engine: &Engine<Shipped>, seen: &Seen, touched: &mut Touched) {
    for (order, times) in &seen.ended {
        assert_eq!(*times, 1, "seed {seed}: order {order:?} ended {times} times");
        assert!(engine.orders().get(*order).is_none(), "seed {seed}: {order:?} has ended and is open");
    }
    for order in seen.submits.keys() {
        let (ended, open) = (seen.ended.contains_key(order), engine.orders().get(*order).is_some());
        assert!(ended != open, "seed {seed}: order {order:?} ended: {ended}, open: {open}");
        touched.orders += 1;
        touched.open += usize::from(open);
    }
    let mut traded: HashMap<OrderId, i64> = HashMap::new();
    for it in &seen.outcome.fills {
        *traded.entry(it.order).or_default() += it.fill.qty.get();
    }
    for line in &seen.outcome.orders {
        let traded = traded.get(&line.request.id).copied().unwrap_or(0);
        assert_eq!(traded, line.filled.get(), "seed {seed}: {:?}", line.request.id);
        assert!(
            traded <= line.request.qty.get(),
            "seed {seed}: {:?} traded more than its size",
            line.request.id
        );
        // A leg protects what its parent got, and a reduction ends with the position: both may be filled by less.
        if line.status == OrderStatus::Filled && !line.request.reduce_only {
            assert_eq!(traded, line.request.qty.get(), "seed {seed}: {line:?} is filled");
        }
    }
}

fn signed(side: Side, qty: Qty) -> i64 {
    match side {
        Side::Buy => qty.get(),
        Side::Sell => -qty.get(),
    }
}

#[test]
fn over_random_sessions_no_unit_of_money_and_no_order_is_lost() {
    let mut touched = Touched::default();
    for seed in 0..SESSIONS {
        let mut dice = Stream::named(seed, "test.conservation");
        let (instruments, events) = market(seed, &mut dice);
        let plan = plan_of(&config(seed, instruments.len() > 1, false, &mut dice), instruments);
        let mut house = house(&plan, &events);
        let mut seen = Seen::default();
        drive_with(&mut house, &mut seen, |_| None);
        check(seed, comes_in_order(&plan), &house, &mut seen, &mut touched);
        check_faults(seed, &plan, &seen.outcome);
    }
    println!("{touched:?}");
    assert!(touched.fills > 10_000 && touched.makers > 1_000, "{touched:?}");
    assert!(touched.funding > 20 && touched.liquidations > 5 && touched.rejects > 100, "{touched:?}");
    assert!(touched.covered > 5, "{touched:?}");
    assert!(touched.duplicates > 50 && touched.orders > 10_000, "{touched:?}");
    assert!(touched.open * 4 < touched.orders, "most orders have ended: {touched:?}");
}

/// A core that was put away and brought back again and again, and a replay of the journal, end in the same state.
fn check_resumed_and_replayed(
    seed: u64,
    plan: &Plan<Shipped>,
    events: &Arc<[StoredEvent]>,
    whole: &Engine<Shipped>,
) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Writer::create(folder.path(), WriterConfig::default()).unwrap();
    let keeping = Keeping { journal, snapshots: Snapshots::open(snapshots_of(folder.path())).unwrap() };
    let mut observer = Observer::new(plan.instruments.len(), None, Some(keeping), None);
    let mut again = house(plan, events);
    drive_with(&mut again, &mut observer, |engine| {
        if engine.next_seq().is_multiple_of(997) {
            let state = postcard::to_allocvec(&engine.snapshot()).unwrap();
            *engine = Engine::restore(&mut postcard::Deserializer::from_bytes(&state)).unwrap();
        }
        None
    });
    observer.close(again.engine.path_hash()).unwrap();
    assert_eq!(again.engine.state_hash(), whole.state_hash(), "seed {seed}: put away and brought back");
    let replayed = scalp_lab::replay::replay::<Shipped>(folder.path()).unwrap();
    assert_eq!(replayed.replayed.difference, None, "seed {seed}");
    assert_eq!(replayed.state_hash, whole.state_hash(), "seed {seed}: replayed");
}

/// What came in and could not be: without loss that is a fill that was known already, because the venue said it twice or
/// because an answer to a question overtook it.
fn check_faults(seed: u64, plan: &Plan<Shipped>, outcome: &Outcome) {
    let is_again = |it: &(Timestamp, Fault)| matches!(it.1, Fault::DuplicateFill(_));
    let other = outcome.faults.iter().find(|it| !is_again(it));
    let loses = plan.exchange.faults.lose_request > 0.0;
    assert!(loses || other.is_none(), "seed {seed}: {other:?}");
    let told_once = plan.exchange.faults.repeat_reply == 0.0 && comes_in_order(plan);
    assert!(!told_once || outcome.faults.is_empty(), "seed {seed}: {:?}", outcome.faults);
}

/// Fills come to the core in the order in which they happen.
fn comes_in_order(plan: &Plan<Shipped>) -> bool {
    let faults = &plan.exchange.faults;
    faults.late_reply == 0.0
        && faults.lose_request == 0.0
        && faults.lose_reply == 0.0
        && !plan.latency.overtaking
}

#[test]
fn under_heavy_loss_and_an_outage_the_books_are_the_venues_at_the_end() {
    let mut touched = Touched::default();
    let (mut queries, mut unknown) = (0, 0);
    for seed in 0..SESSIONS_WITH_LOSS {
        let mut dice = Stream::named(seed, "test.loss");
        let (instruments, events) = market(seed, &mut dice);
        let plan = plan_of(&config(seed, instruments.len() > 1, true, &mut dice), instruments);
        let session = || {
            let mut house = house(&plan, &events);
            let mut seen = Seen::default();
            drive_with(&mut house, &mut seen, |_| None);
            (house, seen)
        };
        let (house, mut seen) = session();
        check(seed, false, &house, &mut seen, &mut touched);
        let engine = &house.engine;
        let exchange = house.world.exchange();
        let mut open = 0;
        for it in engine.instruments().iter() {
            for order in engine.orders().open(it.id) {
                assert_ne!(order.status, OrderStatus::Unknown, "seed {seed}: {order:?}");
                assert!(exchange.is_open(order.id), "seed {seed}: not at the venue: {order:?}");
                open += 1;
            }
        }
        assert_eq!(open, exchange.open_orders(), "seed {seed}: what is open here is open there");
        let unexplained = |it: &(Timestamp, Fault)| matches!(it.1, Fault::Unreconciled(_) | Fault::Ledger(_));
        assert!(!seen.outcome.faults.iter().any(unexplained), "seed {seed}: {:?}", seen.outcome.faults);
        queries += exchange.counts().queries;
        unknown += engine.orders().counters().unknown;
        if seed % 10 == 0 {
            let (again, _) = session();
            assert_eq!(again.engine.state_hash(), engine.state_hash(), "seed {seed}: twice the same");
            check_resumed_and_replayed(seed, &plan, &events, engine);
        }
    }
    println!("{touched:?}, {queries} questions, {unknown} orders of unknown fate");
    assert!(touched.fills > 2_000 && touched.funding > 5 && touched.orders > 3_000, "{touched:?}");
    assert!(queries > 2_000 && unknown > 500, "{queries} {unknown}");
}
