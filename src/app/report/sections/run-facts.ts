/** What ran: model, data, fit and the command that makes the report again. */
import { html, type Markup } from '../markup.js';
import { formatCount, formatNumber, formatPercent, formatTime } from '../number-format.js';
import type { RegimeReportInput } from '../regime-report-input.js';
import { badge } from './badge.js';

/** A fall of the log-likelihood per row outside the training window that deserves a warning. */
const NOTABLE_DROP = 0.25;

export function runFacts(input: RegimeReportInput): Markup {
  const { diagnostics, manifest } = input;
  const train = diagnostics.logLikelihoodPerRowTrain;
  const validation = diagnostics.logLikelihoodPerRowValidation;
  const drop = train !== null && validation !== null ? train - validation : null;
  const facts: [string, Markup | string | null][] = [
    ['Profile', [diagnostics.profile, diagnostics.covarianceType].filter((part) => part !== null).join(', ')],
    ['Features', `${diagnostics.features.length}${diagnostics.scaled ? ' · scaled on train' : ''}`],
    [
      'Bars train / test',
      `${formatNumber(diagnostics.trainBars)} / ${formatNumber(diagnostics.validationBars)}`,
    ],
    ['Parameters', orNone(diagnostics.parameters, formatNumber)],
    ['BIC', orNone(diagnostics.bic, formatNumber)],
    ['Log-likelihood per row, train', orNone(train, (value) => formatNumber(value, 2))],
    ['Log-likelihood per row, test', orNone(validation, (value) => formatNumber(value, 2))],
    ['Test fit', orNone(drop, fitBadge)],
    [
      'Converged',
      diagnostics.converged
        ? `yes, ${formatCount(diagnostics.iterations, 'iteration')}`
        : badge('warn', `no, stopped at ${formatNumber(diagnostics.iterations)}`),
    ],
    [
      'Restarts',
      diagnostics.restarts === null
        ? null
        : diagnostics.restartSpread === null
          ? formatNumber(diagnostics.restarts)
          : `${formatNumber(diagnostics.restarts)} · spread ${formatNumber(diagnostics.restartSpread, diagnostics.restartSpread < 10 ? 2 : 0)} nats`,
    ],
    [
      'Filtered ≠ smoothed',
      diagnostics.filteredDiffersFromSmoothed === null
        ? null
        : `${formatPercent(diagnostics.filteredDiffersFromSmoothed)} of bars`,
    ],
    ['Seed', String(manifest.seed)],
    ['Model', html`<code>${manifest.modelId}</code>`],
    ['Data', html`<code title="${manifest.dataHash}">${shortHash(manifest.dataHash)}</code>`],
    ['Made', `${formatTime(input.generatedAt)}, v${manifest.version}`],
  ];
  return html`<section aria-labelledby="run-title">
<h2 id="run-title">Run</h2>
<dl class="facts">${facts.map(([name, value]) => value !== null && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="footnote">Features: ${diagnostics.features.join(', ')}.</p>
${diagnostics.warnings.length > 0 && html`<ul class="warnings">${diagnostics.warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
</section>`;
}

/** A fact that this kind of model does not have is left out. */
const orNone = <T>(value: number | null, tell: (value: number) => T): T | null =>
  value === null ? null : tell(value);

/** Enough of a hash to tell two apart; the whole is in the title. */
const shortHash = (hash: string): string => (hash.length > 20 ? `${hash.slice(0, 16)}…` : hash);

function fitBadge(drop: number): Markup {
  if (drop > NOTABLE_DROP) return badge('warn', `drops ${formatNumber(drop, 2)} per row`);
  return drop > 0
    ? badge('plain', `drops ${formatNumber(drop, 2)} per row`)
    : badge('plain', `rises ${formatNumber(-drop, 2)} per row`);
}

export function closing(input: RegimeReportInput): Markup {
  return html`<footer><p>Past results on one sample. Not advice.</p>
<p>Reproduce: <code>${input.manifest.reproduce}</code></p>
<p>Charts: <a href="https://www.tradingview.com/" rel="noreferrer">TradingView</a> Lightweight Charts™</p></footer>`;
}
