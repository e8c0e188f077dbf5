/** What a proof of causality looks like in a terminal, and the exit code it deserves. */
import type { CausalityProof } from '../../analysis/causality/causality-proof.js';
import { EXIT } from '../../errors.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { count, minute, number, renderTable, type Style, text } from './output.js';

/** @param available bars of which the proof took the newest */
export function lookaheadSummary(
  proof: CausalityProof,
  available: number,
  style: Style,
): { readonly text: string; readonly exit: number } {
  const { subject, columns, points, checks, findings, unproven, verdict } = proof;
  const exit = verdict === 'causal' ? EXIT.ok : EXIT.findings;
  const head = [
    `${subject}  ${displaySymbol(parseInstrument(proof.instrument_id))} ${proof.timeframe}`,
    `${columns.length} columns`,
    `${count(proof.bars)}${proof.bars < available ? ` newest of ${count(available)}` : ''} bars`,
    `${count(points.length)} moments`,
    `${count(checks.truncation + checks.poison)} values compared`,
  ].join(', ');
  if (findings.length === 0) {
    const without = unproven.length === 0 ? '' : `; no value to compare in ${unproven.join(', ')}`;
    const mark = unproven.length === 0 ? 'ok  ' : 'warn';
    return { exit, text: `${head}\n${mark}  nothing looks at anything later${without}` };
  }
  const show = (value: number | null): string => (value === null ? 'none' : value.toPrecision(6));
  const table = renderTable(
    [
      text('Column'),
      text('First bar (UTC)'),
      number('With later data'),
      number('As known then'),
      text('Reads'),
      text('Likely cause'),
    ],
    findings.map((finding) => [
      finding.column,
      minute(finding.ts),
      show(finding.with_future),
      show(finding.without_future),
      finding.reads,
      finding.explanation,
    ]),
    style,
  );
  return { exit, text: `${head}\n${table}` };
}
