import { expect, it } from 'vitest';
import { ensureSafeLanguage } from './safe-language.js';

it('replaces only a language that is no tag', () => {
  const posix = { language: 'en-US@posix' };
  ensureSafeLanguage(posix);
  expect(() => new Intl.NumberFormat(posix.language)).not.toThrow();
  const french = { language: 'fr-FR' };
  ensureSafeLanguage(french);
  expect(french.language).toBe('fr-FR');
});
