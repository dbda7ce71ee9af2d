"""Runs workloads W1 and W3 on NautilusTrader 2, the peer, and prints its counters as one JSON object.

    python nautilus2.py w1|w3 --data FOLDER [--repeat N] [--bars own|engine]

FOLDER is the folder of the recorded data. What is timed is the engine's loop over the data that was added before: neither
making the objects, nor sorting them, nor the statistics at the end. The loop runs without logging, which is its fastest.

W1: every 20 trades close a bar, two moving averages of the closes are crossed, one market order flips the position. The
bars are made by the engine's aggregator (`engine`), or by the strategy (`own`), which is a little slower.
W3: an order book is built from batched updates; after each message the best bid and ask are read.
"""

import argparse
import gc
import json
import time
from decimal import Decimal

import nautilus_trader
import recorded
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import (
    AccountType,
    AggressorSide,
    BarType,
    BookAction,
    BookOrder,
    BookType,
    CryptoPerpetual,
    Currency,
    InstrumentId,
    Money,
    OmsType,
    OrderBookDelta,
    OrderBookDeltas,
    OrderSide,
    Price,
    Quantity,
    RecordFlag,
    Symbol,
    TradeId,
    TradeTick,
    Venue,
)
from nautilus_trader.trading import Strategy

BTC, USDT, XRP = (Currency.from_str(it) for it in ("BTC", "USDT", "XRP"))
VENUE = Venue("SIM")


def perpetual(base, price_digits, size_digits):
    symbol = Symbol(f"{base.code}USDT")
    return CryptoPerpetual(
        instrument_id=InstrumentId(symbol, VENUE),
        raw_symbol=symbol,
        base_currency=base,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=price_digits,
        size_precision=size_digits,
        price_increment=Price(10.0**-price_digits, price_digits),
        size_increment=Quantity(10.0**-size_digits, size_digits),
        ts_event=0,
        ts_init=0,
    )


def trades(data, instrument, repeat):
    """`repeat` copies of the file, each a little later than the one before."""
    rows, shift = recorded.trades(data)
    parsed = [
        (
            at,
            TradeId(id),
            Price(price, instrument.price_precision),
            Quantity(qty, instrument.size_precision),
            AggressorSide.SELL if sold else AggressorSide.BUY,
        )
        for at, id, price, qty, sold in rows
    ]
    return [
        TradeTick(instrument.id, price, qty, side, id, at + k * shift, at + k * shift)
        for k in range(repeat)
        for at, id, price, qty, side in parsed
    ]


def messages(data, instrument, repeat):
    """`repeat` copies of the file and the number of updates; in each copy the snapshot clears the book first."""
    groups, shift = recorded.messages(data)
    # Prices, sizes and orders are the same in every copy; only the times differ.
    parsed = []
    for at, is_snapshot, changes in groups:
        orders = []
        for is_bid, price, qty in changes:
            action = BookAction.ADD if is_snapshot else BookAction.UPDATE if qty else BookAction.DELETE
            side = OrderSide.BUY if is_bid else OrderSide.SELL
            price = Price(price, instrument.price_precision)
            orders.append((action, BookOrder(side, price, Quantity(qty, instrument.size_precision), 0)))
        parsed.append((at, is_snapshot, orders))
    out = []
    for k in range(repeat):
        for at, is_snapshot, orders in parsed:
            at += k * shift
            deltas = [OrderBookDelta.clear(instrument.id, 0, at, at)] if is_snapshot else []
            for number, (action, order) in enumerate(orders, 1):
                flags = RecordFlag.F_LAST.value if number == len(orders) else 0
                deltas.append(OrderBookDelta(instrument.id, action, order, flags, 0, at, at))
            out.append(OrderBookDeltas(instrument.id, deltas))
    return out, sum(len(it.deltas) for it in out)


class Cross(Strategy):
    """The moving-average cross of W1."""

    def __new__(cls, instrument, bars):
        return super().__new__(cls)

    def __init__(self, instrument, bars):
        super().__init__()
        self.instrument = instrument
        self.engine_bars = bars == "engine"
        self.alpha_fast, self.alpha_slow = 2 / (10 + 1), 2 / (20 + 1)
        self.fast = self.slow = 0.0
        self.trades = self.bars = self.orders = self.fills = 0
        self.unit = instrument.make_qty(Decimal("0.001"))
        self.double = instrument.make_qty(Decimal("0.002"))

    def on_start(self):
        if self.engine_bars:
            self.subscribe_bars(BarType.from_str(f"{self.instrument.id}-20-TICK-LAST-INTERNAL"))
        else:
            self.subscribe_trades(self.instrument.id)

    def on_trade(self, tick):
        self.trades += 1
        if self.trades == 20:
            self.trades = 0
            self.close(tick.price.as_double())

    def on_bar(self, bar):
        self.close(bar.close.as_double())

    def close(self, price):
        self.bars += 1
        if self.bars == 1:
            self.fast = self.slow = price
        else:
            self.fast = self.alpha_fast * price + (1 - self.alpha_fast) * self.fast
            self.slow = self.alpha_slow * price + (1 - self.alpha_slow) * self.slow
        if self.bars < 20:
            return
        is_long = self.fast >= self.slow
        if self.portfolio.is_net_flat(self.instrument.id):
            qty = self.unit
        elif is_long != self.portfolio.is_net_long(self.instrument.id):
            qty = self.double
        else:
            return
        side = OrderSide.BUY if is_long else OrderSide.SELL
        self.orders += 1
        self.submit_order(self.order_factory.market(self.instrument.id, side, qty))

    def on_order_filled(self, event):
        self.fills += 1


class Watch(Strategy):
    """Reads the touch after each message: W3."""

    def __new__(cls, instrument):
        return super().__new__(cls)

    def __init__(self, instrument):
        super().__init__()
        self.instrument = instrument
        self.messages = 0
        self.sum = 0.0
        self.bid = self.ask = None

    def on_start(self):
        self.subscribe_book_deltas(self.instrument.id, BookType.L2_MBP, managed=True)

    def on_book_deltas(self, deltas):
        # `cache.order_book` would copy the whole book each time.
        self.bid, _, self.ask, _ = self.cache.top_of_book(self.instrument.id)
        self.messages += 1
        self.sum += self.bid.as_double() + self.ask.as_double()


def engine_for(instrument, book_type, fee):
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggerConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        VENUE,
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(1_000_000, USDT)],
        base_currency=USDT,
        book_type=book_type,
        fee_model=MakerTakerFeeModel(fee, fee),
    )
    engine.add_instrument(instrument)
    return engine


def timed(engine):
    """CPU and wall seconds of the loop alone."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    engine.run(streaming=True)
    return time.process_time() - cpu, time.perf_counter() - wall


def cross(data, repeat, bars):
    instrument = perpetual(BTC, 2, 6)
    engine = engine_for(instrument, BookType.L1_MBP, Decimal("0.0004"))
    strategy = Cross(instrument, bars)
    engine.add_strategy(strategy)
    events = trades(data, instrument, repeat)
    engine.add_data(events, validate=False)
    cpu, wall = timed(engine)
    balance = engine.cache.account_for_venue(VENUE).balance_total(USDT)
    return {
        "events": len(events),
        "bars": strategy.bars,
        "orders": strategy.orders,
        "fills": strategy.fills,
        "position": float(engine.portfolio.net_position(instrument.id)),
        "balance": str(balance.as_decimal()),
        "cpu_seconds": cpu,
        "wall_seconds": wall,
    }


def watch(data, repeat):
    instrument = perpetual(XRP, 4, 1)
    engine = engine_for(instrument, BookType.L2_MBP, Decimal(0))
    strategy = Watch(instrument)
    engine.add_strategy(strategy)
    batches, events = messages(data, instrument, repeat)
    engine.add_data(batches, validate=False)
    cpu, wall = timed(engine)
    return {
        "events": events,
        "messages": strategy.messages,
        "touch_sum": round(strategy.sum, 4),
        "bid": str(strategy.bid),
        "ask": str(strategy.ask),
        "cpu_seconds": cpu,
        "wall_seconds": wall,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=["w1", "w3"])
    parser.add_argument("--data", required=True, help="folder of the recorded data")
    parser.add_argument("--repeat", type=int, help="copies of the file: 500 for w1, 300 for w3")
    parser.add_argument("--bars", choices=["own", "engine"], default="engine")
    options = parser.parse_args()
    if options.work == "w1":
        result = cross(options.data, options.repeat or 500, options.bars)
    else:
        result = watch(options.data, options.repeat or 300)
    result["peak_rss_bytes"] = recorded.peak_rss_bytes()
    result["version"] = nautilus_trader.__version__
    print(json.dumps({"work": options.work} | result), flush=True)


if __name__ == "__main__":
    main()
