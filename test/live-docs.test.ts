import { expect, test } from 'vitest'
import { checkPage } from '../tools/docs/check-page.ts'
import { readPage } from '../tools/docs/pages.ts'
import type { Choice } from '../tools/docs/run-page.ts'

/** The replays of the tutorial, of which figures and verdicts may differ. */

const live: Choice = (marks) => marks.includes('live')

/** Rows of a machine that is too busy for its replays to count: without intervals or verdicts. */
function isOfBusyMachine(problem: string): boolean {
  const printed = problem.split('\n').filter((line) => /^ *\+/.test(line))
  const isOpen = (line: string) => /\(no interval\)|– \/ –|UNDECIDED/.test(line)
  return printed.length > 0 && printed.every(isOpen)
}

test('the tutorial shows what its replays print', async () => {
  const page = 'docs/tutorial/first-answer.md'
  const { problems, current } = await checkPage(page, readPage(page), { choice: live })
  expect(problems.filter((problem) => !isOfBusyMachine(problem))).toEqual([])
  expect(current).toContain('$ spillway run')
})
