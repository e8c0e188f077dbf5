/**
 * Assets that are never alts (majors-alts spec §1). The reference leaves out stablecoins, the blacklist and what the
 * configuration names; the corrected profile also leaves out wrapped and staked tokens and what stablecoins.csv lists,
 * which otherwise enter the basket as "alts" that track a major.
 */
import { normaliseSymbol } from './normalise-symbol.js';
import type { ResearchLake } from './read-research-lake.js';

/** Asset ids to leave out, majors not among them. */
export function excludedAssets(
  lake: Pick<ResearchLake, 'panel' | 'dimension' | 'lists'>,
  profile: 'corrected' | 'reference',
  configured: readonly string[],
): ReadonlySet<string> {
  const { blacklist, wrapped, stablecoins } = lake.lists;
  const named = new Set([
    ...blacklist,
    ...configured.map(normaliseSymbol),
    ...(profile === 'corrected' ? [...wrapped, ...stablecoins] : []),
  ]);
  const excluded = new Set<string>();
  for (const id of lake.panel.assets) {
    const facts = lake.dimension.get(id);
    const isFlagged = facts?.isStable || (profile === 'corrected' && facts?.isWrappedStable);
    const names = [normaliseSymbol(id), ...(facts?.symbol ? [normaliseSymbol(facts.symbol)] : [])];
    if (isFlagged || configured.includes(id) || names.some((name) => named.has(name))) excluded.add(id);
  }
  return excluded;
}
