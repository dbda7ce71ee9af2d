//! All candlestick patterns against the crate `ta-lib`, bar for bar, on random bars of a coarse grid where equal prices
//! abound: in a frame that lends its averages, in one that has lent them for other columns, and row by row.

#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_indicators::{Family, Frame, Indicator, Schema, Values, catalogue};
use ta_lib::Core;
use ta_lib::abstract_api::get_func_handle;

type Columns = [Vec<f64>; 4];

fn bars() -> impl Strategy<Value = Columns> {
    let step = (-6_i32..=6, -5_i32..=5, 0_i32..=4, 0_i32..=4);
    (prop::collection::vec(step, 280..420), 0.003_f64..0.03).prop_map(|(steps, tick)| {
        let mut columns = Columns::default();
        let mut close = 1000;
        for (gap, body, up, down) in steps {
            // Every other bar opens where the last one closed; shadows are missing often.
            let open = close + gap / 2 * (gap & 1);
            close = open + body;
            let high = open.max(close) + up / 2;
            let low = open.min(close) - down / 2;
            for (column, price) in columns.iter_mut().zip([open, high, low, close]) {
                column.push(f64::from(price) * tick);
            }
        }
        columns
    })
}

/// What the crate says, and from which row on.
fn reference(name: &str, penetration: Option<f64>, bars: &Columns) -> (usize, Vec<i32>) {
    let core = Core::new();
    let [open, high, low, close] = bars.each_ref().map(|it| Some(it.as_slice()));
    let mut said = vec![0; bars[0].len()];
    let mut call = get_func_handle(name).unwrap().new_call(&core);
    call.set_price_input(0, open, high, low, close, None, None).unwrap();
    if let Some(penetration) = penetration {
        call.set_opt_input(0, penetration).unwrap();
    }
    call.set_int_output(0, &mut said).unwrap();
    let range = call.call(0, bars[0].len() - 1).unwrap();
    said.truncate(range.count);
    (range.beg_idx, said)
}

fn batch(built: &Indicator, frame: &Frame<'_>) -> (usize, Vec<i32>) {
    let column = built.batch(frame).unwrap().remove(0);
    match column.values {
        Values::Integer(values) => (column.first, values),
        Values::Real(_) => panic!("patterns answer with whole numbers"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_pattern_says_what_the_crate_says(bars in bars(), part in 0.0_f64..1.2) {
        let schema = Schema::new(&["open", "high", "low", "close", "other"]).unwrap();
        let columns = [&bars[0][..], &bars[1], &bars[2], &bars[3], &bars[0]];
        let lending = Frame::new(&schema, &columns).unwrap();
        let taken = Frame::new(&schema, &columns).unwrap();
        batch(&Indicator::parse("CDLDOJI(open=other)", &schema).unwrap(), &taken);
        let mut patterns = 0;
        for spec in catalogue().iter().filter(|it| it.family == Family::Candle) {
            patterns += 1;
            let penetration = (!spec.parameters.is_empty()).then_some(part);
            let text = penetration.map_or_else(|| spec.name.to_owned(), |it| format!("{}({it})", spec.name));
            let mut built = Indicator::parse(&text, &schema).unwrap();
            let want = reference(spec.name, penetration, &bars);
            prop_assert_eq!(&batch(&built, &lending), &want, "{} of a frame", &text);
            prop_assert_eq!(&batch(&built, &taken), &want, "{} of a frame that lends to others", &text);
            let [open, high, low, close] = &bars;
            for (t, (((o, h), l), c)) in open.iter().zip(high).zip(low).zip(close).enumerate() {
                let row = [*o, *h, *l, *c, 0.0];
                let tried = built.peek(&row).unwrap().get(0);
                let got = built.push(&row).unwrap().get(0);
                let wanted = t.checked_sub(want.0).map(|place| f64::from(want.1[place]));
                prop_assert_eq!(got, wanted, "{} at {}", &text, t);
                prop_assert_eq!(tried, wanted, "{} tried at {}", &text, t);
            }
        }
        prop_assert_eq!(patterns, 61);
    }
}
