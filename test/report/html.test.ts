import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Html, html } from './html.ts';

describe('html', () => {
  test('text becomes text, in an element and in a quoted attribute', () => {
    const text = `<b title='x'>"Tom" & 'Jerry'</b>`;
    expect(html`<p title="${text}">${text}</p>`.toString()).toBe(
      '<p title="&#60;b title=&#39;x&#39;&#62;&#34;Tom&#34; &#38; &#39;Jerry&#39;&#60;/b&#62;">' +
        '&#60;b title=&#39;x&#39;&#62;&#34;Tom&#34; &#38; &#39;Jerry&#39;&#60;/b&#62;</p>',
    );
  });

  test('no text has a character that ends a tag, an attribute or an entity, or that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = html`${text}`.toString();
        expect(escaped.replaceAll(/&#\d+;/gu, '')).not.toMatch(/[&<>"']/u);
        expect(escaped.replaceAll('\t', '')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test('markup and lists are taken as they are, and what is undefined as nothing', () => {
    const items = ['a', 'b'].map((item) => html`<b>${item}</b>`);
    const all = html`<i>${items}</i>${undefined}${7}${Html.trusted('<hr>')}`;
    expect(all.toString()).toBe('<i><b>a</b><b>b</b></i>7<hr>');
  });
});
