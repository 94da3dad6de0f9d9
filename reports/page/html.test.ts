import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileText } from '../../scenarios/parse/hostile-text.test-helper.ts'
import { html, isolated, unmarked } from './html.ts'

test('any text adds no element except bdi, and no attribute', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const page = html`<p title="${text}" class="${text}">${[text, [text]]} ${isolated(text)}</p>`
        .html
      const tags = [...page.matchAll(/<(\/?[a-z]*)/g)].map(([, name]) => name)
      expect(tags.filter((name) => name !== 'bdi' && name !== '/bdi')).toEqual(['p', '/p'])
      expect(page.split('"')).toHaveLength(5)
      expect(page.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
    }),
  )
})

test('right-to-left words are isolated in content, each name separately', () => {
  expect(html`<b>${'שלום עולם: 12 ms, סוף'}</b>`.html).toBe(
    '<b><bdi>שלום עולם</bdi>: 12 ms, <bdi>סוף</bdi></b>',
  )
  expect(html`<b>plain – 1.2 µs</b>`.html).toBe('<b>plain – 1.2 µs</b>')
})

test('attributes and titles hold no elements', () => {
  expect(html`<b title="${'שלום'}" id="${'עולם'}">${'סוף'}</b>`.html).toBe(
    '<b title="שלום" id="עולם"><bdi>סוף</bdi></b>',
  )
  expect(html`<title>${unmarked('<שלום>')}</title>`.html).toBe('<title>&lt;שלום&gt;</title>')
})
