/** Binance's names and its description of each market in exchangeInfo. */
import type { SimulatedMarket } from '../simulated-market.js';

export const symbolOf = (market: SimulatedMarket): string => `${market.base}${market.quote}`;

/** A perpetual in `exchangeInfo` of the futures API. */
export function futuresSymbol(market: SimulatedMarket): Record<string, unknown> {
  const step = (10 ** -market.sizeDecimals).toFixed(market.sizeDecimals);
  return {
    symbol: symbolOf(market),
    pair: symbolOf(market),
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: market.listed,
    status: 'TRADING',
    baseAsset: market.base,
    quoteAsset: market.quote,
    marginAsset: market.quote,
    pricePrecision: market.priceDecimals,
    quantityPrecision: market.sizeDecimals,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    orderTypes: ['LIMIT', 'MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: '0.0001',
        maxPrice: '10000000',
        tickSize: (10 ** -market.priceDecimals).toFixed(market.priceDecimals),
      },
      { filterType: 'LOT_SIZE', minQty: step, maxQty: '1000000', stepSize: step },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
    ],
  };
}

/** The same market in `exchangeInfo` of the spot API. */
export function spotSymbol(market: SimulatedMarket): Record<string, unknown> {
  const { pricePrecision, quantityPrecision, filters, ...rest } = futuresSymbol(market);
  return {
    symbol: rest.symbol,
    status: 'TRADING',
    baseAsset: market.base,
    baseAssetPrecision: 8,
    quoteAsset: market.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters,
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
  };
}
