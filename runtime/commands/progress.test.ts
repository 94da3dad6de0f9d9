import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProgressDisplay } from './progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('without a terminal every phase has a line, and a long one has lines with its progress', () => {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  const { update } = new ProgressDisplay()
  update('opening', 0, 1)
  update('measuring', 0, 40)
  for (let done = 1; done <= 40; done++) {
    vi.advanceTimersByTime(1000)
    update('measuring', done, 40)
  }
  expect(lines).toEqual([
    'opening …\n',
    'measuring …\n',
    'measuring … 50 %, about 20 s left\n',
    'measuring … 100 %\n',
  ])
})
