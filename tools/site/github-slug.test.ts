import { expect, test } from 'vitest'
import { githubSlug } from './github-slug.ts'

test.each([
  ['Prefill/decode disaggregation', 'prefilldecode-disaggregation'],
  ['`--set` and its forms', '--set-and-its-forms'],
  ['Fixed, and the end of the traffic', 'fixed-and-the-end-of-the-traffic'],
  ['max_batch: 1–8?', 'max_batch-18'],
  ['010 Noise', '010-noise'],
])('the anchor of "%s" is %s', (heading, slug) => {
  expect(githubSlug(heading)).toBe(slug)
})
