import { expect, test } from 'vitest'
import { StreamWatch, stream } from './stream-watch.ts'

test('a watch sees one draw of one stream that was made while it was open', () => {
  const earlier = stream(1, 0, 'earlier')
  const watch = new StreamWatch()
  stream(1, 0, 'unused')
  earlier.uniform()
  expect(watch.drawn()).toBe(false)

  const second = new StreamWatch()
  const used = stream(1, 0, 'used')
  stream(1, 0, 'unused')
  used.uniform()
  expect(second.drawn()).toBe(true)
})

test('more streams than are kept count as drawn from', () => {
  const watch = new StreamWatch()
  for (let i = 0; i < 10_001; i++) stream(1, 0, String(i))
  expect(watch.drawn()).toBe(true)
})
