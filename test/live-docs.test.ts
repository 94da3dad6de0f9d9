import { expect, test } from 'vitest'
import { checkPage } from '../tools/docs/check-page.ts'
import { readPage } from '../tools/docs/pages.ts'

/** The tutorial as a whole, with its replays; figures of replays may differ. */

test('the tutorial shows what its commands print', async () => {
  const page = 'docs/tutorial/first-answer.md'
  expect((await checkPage(page, readPage(page))).problems).toEqual([])
})
