import { expect, test } from 'vitest'
import { githubSlug, headingText } from './headings.ts'

test.each([
  ['A `code` title', 'A code title'],
  ['<a id="x"></a>A [link](page.md) in *it*', 'A link in it'],
  ['`--set <path>=<value>`', '--set <path>=<value>'],
])('the text of the heading "%s" is "%s"', (heading, text) => {
  expect(headingText(heading)).toBe(text)
})

test.each([
  ['Prefill/decode disaggregation', 'prefilldecode-disaggregation'],
  ['--set and its forms', '--set-and-its-forms'],
  ['Fixed, and the end of the traffic', 'fixed-and-the-end-of-the-traffic'],
  ['max_batch: 1–8?', 'max_batch-18'],
  ['010 Noise', '010-noise'],
])('the anchor of "%s" is %s', (text, slug) => {
  expect(githubSlug(text)).toBe(slug)
})
