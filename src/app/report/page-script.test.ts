import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { classicScript, PAGES, pageScript } from './page-script.js';

describe('page script', () => {
  it.each(['regime', 'uptrend', 'majors'] as const)(
    'of the %s page is the chart library with its licence and our modules, both valid',
    (page) => {
      const [library, client] = pageScript(page);
      expect(library).toContain('Licensed under Apache License 2.0');
      for (const source of [library!, client!]) {
        // a name declared in two modules would be a syntax error here
        expect(() => new Script(source)).not.toThrow();
        expect(source).not.toMatch(/<\/script|<!--/i);
      }
      expect(client).not.toMatch(/^\s*(import|export)\b/m);
      expect(client).not.toMatch(/\beval\b|new Function|\bfetch\(|XMLHttpRequest|WebSocket|importScripts/);
    },
  );

  it.each(Object.entries(PAGES))(
    'of the %s page has every module that its modules import',
    (_page, { modules }) => {
      const imported = modules.flatMap((module) => {
        const compiled = readFileSync(`dist/src/app/report/${module}`, 'utf8');
        return [...compiled.matchAll(/^import[^;]* from '(\.[^']+)';/gm)].map(([, path]) =>
          posix.join(posix.dirname(module), path!),
        );
      });
      expect(imported.length).toBeGreaterThan(modules.length / 2);
      expect(modules).toEqual(expect.arrayContaining(imported));
    },
  );

  it('is read once', () => {
    expect(pageScript()).toBe(pageScript());
  });

  it('drops imports over several lines, exports, comments and the source map', () => {
    const compiled =
      "/** Why. */\nimport {\n  a,\n} from './a.js';\nimport './b.js';\nexport const one = a;\n  // note\nexport function two() {}\n//# sourceMappingURL=x.js.map\n";
    expect(classicScript(compiled)).toBe('const one = a;\nfunction two() {}\n');
  });
});
