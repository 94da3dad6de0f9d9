import { expect, test } from 'vitest'
import { checkPage } from '../tools/docs/check-page.ts'
import { readPage } from '../tools/docs/pages.ts'
import type { Choice } from '../tools/docs/run-page.ts'

/** The replays of the tutorial, of which figures and verdicts may differ. */

const live: Choice = (marks) => marks.includes('live')

test('the tutorial shows what its replays print', async () => {
  const page = 'docs/tutorial/first-answer.md'
  const { problems, current } = await checkPage(page, readPage(page), { choice: live })
  expect(problems).toEqual([])
  expect(current).toContain('$ spillway run')
})
