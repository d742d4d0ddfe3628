-- The tables of TRADE's market data file (names end in _live), so that either program opens the
-- other's file. Timestamps are the bar's open time, naive, UTC.
CREATE TABLE IF NOT EXISTS ohlcv_live (
    symbol VARCHAR NOT NULL,
    timeframe VARCHAR NOT NULL,
    timestamp TIMESTAMP NOT NULL,
    open DOUBLE,
    high DOUBLE,
    low DOUBLE,
    close DOUBLE,
    volume DOUBLE,
    turnover DOUBLE,
    PRIMARY KEY (symbol, timeframe, timestamp)
);
CREATE TABLE IF NOT EXISTS sync_metadata_live (
    symbol VARCHAR NOT NULL,
    timeframe VARCHAR NOT NULL,
    first_timestamp TIMESTAMP,
    last_timestamp TIMESTAMP,
    candle_count INTEGER,
    last_sync TIMESTAMP,
    PRIMARY KEY (symbol, timeframe)
);
CREATE TABLE IF NOT EXISTS funding_rates_live (
    symbol VARCHAR NOT NULL,
    timestamp TIMESTAMP NOT NULL,
    funding_rate DOUBLE,
    funding_rate_interval_hours INTEGER DEFAULT 8,
    PRIMARY KEY (symbol, timestamp)
);
CREATE TABLE IF NOT EXISTS funding_metadata_live (
    symbol VARCHAR PRIMARY KEY,
    first_timestamp TIMESTAMP,
    last_timestamp TIMESTAMP,
    record_count INTEGER,
    last_sync TIMESTAMP
);
-- TRADE stores funding times in the local time of the machine that synced them. A symbol named here
-- has rates that this program imported, in UTC; rates of any other symbol are not trusted.
CREATE TABLE IF NOT EXISTS ideasweep_funding_utc (symbol VARCHAR PRIMARY KEY);
