/**
 * A browser whose machine has no language set calls itself `en-US@posix`, which is no language tag: uPlot asks for
 * numbers in that language while it loads, and the page fails. Such a browser is told that it speaks English.
 */
export function ensureSafeLanguage(owner: { readonly language: string }): void {
  try {
    Intl.getCanonicalLocales(owner.language);
  } catch {
    Object.defineProperty(owner, 'language', { value: 'en-GB', configurable: true });
  }
}

if (typeof navigator !== 'undefined') ensureSafeLanguage(navigator);
