import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedJson, html } from './markup.js';

describe('markup', () => {
  it('escapes what is not markup and joins lists', () => {
    const part = html`<b>${'a<b & "c"'}</b>`;
    expect(html`<p>${[part, null, false, 7]}</p>`.source).toBe('<p><b>a&lt;b &amp; &quot;c&quot;</b>7</p>');
  });

  it('lets no text open an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '/', ' ') }), (text) => {
        const { source } = html`<p title="${text}">${text}</p>`;
        expect(source.slice('<p title="'.length, -'</p>'.length).replace('">', '')).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('embeds JSON that no script element ends at', () => {
    const value = { text: '</script><!-- \u2028 <script>' };
    const { source } = embeddedJson(value);
    expect(source).not.toMatch(/<|\u2028/);
    expect(JSON.parse(source)).toEqual(value);
  });
});
